// Which small changes can be made to a compiled file, and which of them are tried.
import { parse } from "acorn";

const SWAPS = {
  "+": "-",
  "-": "+",
  "*": "/",
  "/": "*",
  "%": "*",
  "**": "*",
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "===": "!==",
  "!==": "===",
  "&&": "||",
  "||": "&&",
};
const ASSIGNMENTS = { "+=": "-=", "-=": "+=", "*=": "/=", "/=": "*=" };
/** Methods of tensors and lists that are easily taken for one another; null: left out. */
const METHODS = {
  add: "sub",
  sub: "add",
  mul: "div",
  div: "mul",
  mean: "sum",
  sum: "mean",
  min: "max",
  max: "min",
  neg: null,
  square: null,
  sqrt: null,
  detach: null,
  abs: null,
  relu: null,
  some: "every",
  every: "some",
};

/** Whether a part of the syntax only words what is shown, or tells how far something has come, or is the compiler's own. */
const isLeftAlone = (node) =>
  node.type === "ThrowStatement" ||
  (node.type === "VariableDeclarator" && /^__/.test(node.id.name ?? "")) ||
  (node.type === "NewExpression" && /Error$|^Stop$/.test(node.callee.name ?? "")) ||
  (node.type === "CallExpression" &&
    /^(describe|refuse|onWarning|onNotice|onProgress|report|pause)$|^__/.test(nameOf(node.callee)));

const nameOf = (callee) => (callee.type === "MemberExpression" ? callee.property.name : callee.name) ?? "";

/**
 * Every mutant of a compiled file.
 * @returns {{ start: number, end: number, text: string, kind: string }[]} what takes the place of source[start, end)
 */
export function mutantsOf(source) {
  const found = [];
  const add = (start, end, text, kind) => found.push({ start, end, text, kind });
  const between = (left, right, operator) => {
    const at = source.indexOf(operator, left.end);
    return at >= 0 && at < right.start ? at : undefined;
  };
  const visit = (node) => {
    if (node === null || typeof node !== "object") return;
    if (Array.isArray(node)) return node.forEach(visit);
    if (typeof node.type !== "string" || isLeftAlone(node)) return;
    switch (node.type) {
      case "ImportDeclaration":
      case "TemplateElement":
        return;
      case "BinaryExpression":
      case "LogicalExpression": {
        const at = between(node.left, node.right, node.operator);
        const swap = SWAPS[node.operator];
        const words = [node.left, node.right].some(
          ({ type, value }) => type === "TemplateLiteral" || typeof value === "string",
        );
        if (swap !== undefined && at !== undefined && !(node.operator === "+" && words))
          add(at, at + node.operator.length, swap, `${node.operator} to ${swap}`);
        break;
      }
      case "AssignmentExpression": {
        const at = between(node.left, node.right, node.operator);
        const swap = ASSIGNMENTS[node.operator];
        if (swap !== undefined && at !== undefined) add(at, at + 2, swap, `${node.operator} to ${swap}`);
        break;
      }
      case "Literal":
        if (typeof node.value === "boolean")
          add(node.start, node.end, String(!node.value), `${node.value} to ${!node.value}`);
        if (typeof node.value === "number" && Number.isFinite(node.value)) {
          const other = Number.isInteger(node.value) ? node.value + 1 : node.value * 2;
          add(node.start, node.end, String(other), `${node.raw} to ${other}`);
        }
        break;
      case "UnaryExpression":
        if (["!", "-"].includes(node.operator))
          add(node.start, node.start + 1, "", `${node.operator} left out`);
        break;
      case "IfStatement":
        add(node.test.start, node.test.end, `!(${source.slice(node.test.start, node.test.end)})`, "if not");
        break;
      case "ConditionalExpression":
        add(node.test.start, node.test.end, `!(${source.slice(node.test.start, node.test.end)})`, "? not");
        break;
      case "ExpressionStatement":
        if (["CallExpression", "AwaitExpression", "AssignmentExpression"].includes(node.expression.type))
          add(node.start, node.end, ";", "statement left out");
        break;
      case "CallExpression": {
        const { callee } = node;
        if (
          callee.type === "MemberExpression" &&
          !callee.computed &&
          Object.hasOwn(METHODS, callee.property.name)
        ) {
          const to = METHODS[callee.property.name];
          if (to === null) {
            if (node.arguments.length === 0)
              add(callee.object.end, node.end, "", `.${callee.property.name}() left out`);
          } else add(callee.property.start, callee.property.end, to, `.${callee.property.name} to .${to}`);
        }
        break;
      }
    }
    for (const [key, child] of Object.entries(node)) if (key !== "type") visit(child);
  };
  visit(parse(source, { ecmaVersion: "latest", sourceType: "module", allowHashBang: true }));
  return found;
}

/** The same draws for the same seed. */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` of some things, drawn without replacement, in their order. */
export function draw(things, count, next) {
  const order = things.map((_, i) => i);
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order
    .slice(0, count)
    .sort((a, b) => a - b)
    .map((i) => things[i]);
}
