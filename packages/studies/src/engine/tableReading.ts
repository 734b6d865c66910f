import type { RunSummary } from "@gantry/gan";
import type { Cell } from "@gantry/gan/sweep";
import type { Row } from "./table.js";

/** A run with the cell that it is of. */
export interface TableRun {
  readonly cell: Cell;
  readonly run: RunSummary;
}

/** A data set of a table, with what it is called. */
export interface ReadData {
  readonly name: string;
  readonly title: string;
  /** What stands in its place; undefined where it is itself. */
  readonly stands?: string | undefined;
}

/** A score by its metric, whatever network it is through. */
const isOf = (metric: string, name: string): boolean => name === metric || name.startsWith(`${metric}[`);

/** The runs of a table, by data and row, in the order of their seeds. */
export class TableReading {
  readonly pace: string;
  /** Data of which there are runs. */
  readonly data: readonly ReadData[];
  readonly rows: readonly Row[];
  readonly #runs: readonly TableRun[];

  constructor(pace: string, data: readonly ReadData[], rows: readonly Row[], runs: readonly TableRun[]) {
    this.pace = pace;
    this.#runs = [...runs].sort((a, b) => a.cell.seed - b.cell.seed);
    this.data = data.filter(({ name }) => runs.some(({ cell }) => cell.problem === name));
    this.rows = rows;
  }

  runs(data: string, row: string): RunSummary[] {
    return this.#runs
      .filter(({ cell }) => cell.problem === data && cell.method === row)
      .map(({ run }) => run);
  }

  /** Each seed's last score, where it is a number. */
  last(data: string, row: string, metric: string): number[] {
    return this.runs(data, row).flatMap(({ scores }) => {
      const value = scores.find(({ name }) => isOf(metric, name))?.value;
      return value !== undefined && Number.isFinite(value) ? [value] : [];
    });
  }

  /** Each seed's score over training. */
  curves(data: string, row: string, metric: string): { iterations: number[]; values: number[] }[] {
    return this.runs(data, row).flatMap(({ curves }) => {
      const found = [...curves].find(([name]) => isOf(`eval/${metric}`, name))?.[1];
      return found === undefined ? [] : [{ iterations: [...found.iterations], values: [...found.values] }];
    });
  }

  /** Each seed's best score over training: the least, or the greatest. */
  best(data: string, row: string, metric: string, better: "lower" | "higher" = "lower"): number[] {
    const most = better === "lower" ? Math.min : Math.max;
    const all = this.curves(data, row, metric).map(({ values }) => values.filter(Number.isFinite));
    const bests = all.filter((values) => values.length > 0).map((values) => most(...values));
    return bests.length > 0 ? bests : this.last(data, row, metric);
  }

  /** Each seed's mean logarithm of a score over training: the area under its logarithmic curve. */
  area(data: string, row: string, metric: string): number[] {
    return this.curves(data, row, metric).flatMap(({ values }) => {
      const logs = values.filter((value) => value > 0).map(Math.log);
      return logs.length === 0 ? [] : [logs.reduce((sum, value) => sum + value, 0) / logs.length];
    });
  }

  /** Each seed's score at the evaluation of a place, from 0. */
  at(data: string, row: string, metric: string, place: number): number[] {
    return this.curves(data, row, metric).flatMap(({ values }) => {
      const value = values[place];
      return value !== undefined && Number.isFinite(value) ? [value] : [];
    });
  }

  /** Evaluations over a training, the fewest of both rows. */
  looks(data: string, rows: readonly string[], metric: string): number {
    const counts = rows.flatMap((row) => this.curves(data, row, metric).map(({ values }) => values.length));
    return counts.length === 0 ? 0 : Math.min(...counts);
  }

  /** Each seed's roughness of training: the mean size of the second difference of a score's logarithm, over its last two thirds. */
  roughness(data: string, row: string, metric: string): number[] {
    return this.curves(data, row, metric).flatMap(({ values }) => {
      const logs = values
        .slice(Math.floor(values.length / 3))
        .filter((value) => value > 0)
        .map(Math.log);
      const seconds = logs.slice(2).map((value, i) => Math.abs(value - 2 * logs[i + 1]! + logs[i]!));
      return seconds.length === 0 ? [] : [seconds.reduce((sum, value) => sum + value, 0) / seconds.length];
    });
  }

  /** Each seed's iterations until a score was as low as a bound; those that never came there count their last. */
  until(data: string, row: string, metric: string, bound: number): number[] {
    return this.curves(data, row, metric).map(({ iterations, values }) => {
      const place = values.findIndex((value) => value <= bound);
      return iterations[place === -1 ? iterations.length - 1 : place] ?? Number.NaN;
    });
  }

  /** The picture of samples of the first seed that has one. */
  picture(data: string, row: string): string | undefined {
    return this.runs(data, row).find(({ sample }) => sample !== undefined)?.sample?.file;
  }
}
