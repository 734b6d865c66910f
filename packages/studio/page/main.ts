import { h, hydrate, render } from "preact";
import "uplot/dist/uPlot.min.css";
import "./main.css";
import type { CompareJson } from "../src/json.js";
import { App } from "./App.js";
import { Comparison } from "./compare/Comparison.js";

const page = document.getElementById("page");
const data = document.getElementById("data")?.textContent;
if (page !== null) {
  // A file that was handed on has its numbers in it.
  if (data) hydrate(h(Comparison, { data: JSON.parse(data) as CompareJson }), page);
  else {
    page.replaceChildren();
    render(h(App, {}), page);
  }
}
