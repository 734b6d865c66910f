import { escapeXml } from "./lines.js";

/** Pictures in rows and columns, with names at the left and the top. */
export interface Panels {
  readonly columns: readonly string[];
  readonly rows: readonly {
    readonly name: string;
    /** SVG pictures, each `size` by `size`; undefined leaves a place empty. */
    readonly pictures: readonly (string | undefined)[];
  }[];
}

export interface PanelsOptions {
  /** Side of each picture in pixels. */
  readonly size: number;
}

const TOP = 24;
const GAP = 4;
/** More than a letter of the rows' names takes on the average. */
const LETTER = 7.5;
const FONT = 'font-family="DejaVu Sans, Helvetica, Arial, sans-serif" font-size="12" fill="#222222"';

/** One SVG picture out of many, each in a frame. */
export function panels({ columns, rows }: Panels, { size }: PanelsOptions): string {
  const left = Math.ceil(16 + LETTER * Math.max(0, ...rows.map(({ name }) => name.length)));
  const width = left + columns.length * (size + GAP);
  const height = TOP + rows.length * (size + GAP);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
  ];
  for (const [i, name] of columns.entries())
    parts.push(
      `<text x="${left + i * (size + GAP) + size / 2}" y="16" text-anchor="middle" ${FONT}>${escapeXml(name)}</text>`,
    );
  for (const [j, row] of rows.entries()) {
    const y = TOP + j * (size + GAP);
    parts.push(
      `<text x="${left - 8}" y="${y + size / 2 + 4}" text-anchor="end" ${FONT}>${escapeXml(row.name)}</text>`,
    );
    for (const [i, picture] of row.pictures.entries()) {
      const x = left + i * (size + GAP);
      if (picture !== undefined) parts.push(`<g transform="translate(${x} ${y})">${picture}</g>`);
      parts.push(`<rect x="${x}" y="${y}" width="${size}" height="${size}" fill="none" stroke="#bbbbbb"/>`);
    }
  }
  parts.push("</svg>");
  return parts.join("\n");
}
