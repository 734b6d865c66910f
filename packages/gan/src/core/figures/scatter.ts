/** Points in the plane as one SVG picture. */

/** One cloud of points: pairs x,y one after the other. */
export interface Cloud {
  readonly points: ArrayLike<number>;
  /** CSS colour. */
  readonly colour: string;
  /** Radius of a dot in pixels. Default 1.5. */
  readonly radius?: number;
  /** Default 0.5. */
  readonly opacity?: number;
}

export interface ScatterOptions {
  /** Side of the square picture in pixels. Default 480. */
  readonly size?: number;
  /** The plane is shown from -limit to limit. Default: what shows the first cloud, and a quarter more. */
  readonly limit?: number;
  /** Circles around places of interest (modes): filled green where `hit`, empty red where not. */
  readonly marks?: readonly {
    readonly x: number;
    readonly y: number;
    readonly radius: number;
    readonly hit: boolean;
  }[];
}

const round = (value: number) => Math.round(value * 100) / 100;

/** From so many points on a cloud has a dot a pixel at most: more make no other picture, and a file too large to draw. */
const MANY = 50_000;

/** Later clouds are drawn over earlier ones. Points outside of the plane shown are left out. */
export function scatter(clouds: readonly Cloud[], options: ScatterOptions = {}): string {
  const size = options.size ?? 480;
  const first = clouds[0]?.points ?? [];
  let reach = 0;
  for (let i = 0; i < first.length; i++) reach = Math.max(reach, Math.abs(first[i] as number));
  const limit = options.limit ?? Math.max(reach * 1.25, 1e-3);
  const place = (value: number) => round(((value + limit) / (2 * limit)) * size);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="0 0 ${size} ${size}">`,
    `<rect width="${size}" height="${size}" fill="#ffffff"/>`,
    `<path d="M0 ${size / 2}H${size}M${size / 2} 0V${size}" stroke="#e4e4e4" fill="none"/>`,
  ];
  for (const cloud of clouds) {
    // Dots of one path do not add up where they lie over each other, so that each place is drawn once.
    const dots = new Set<string>();
    const many = cloud.points.length / 2 > MANY;
    const at = (value: number) => (many ? Math.round(place(value)) : place(value));
    const radius = cloud.radius ?? 1.5;
    for (let i = 0; i + 1 < cloud.points.length; i += 2) {
      const x = cloud.points[i] as number;
      const y = cloud.points[i + 1] as number;
      if (!(Math.abs(x) <= limit && Math.abs(y) <= limit)) continue;
      // A zero-length line with round caps is a dot, at a third of a circle element's size.
      dots.add(`M${at(x)} ${at(-y)}h0`);
    }
    parts.push(
      `<path d="${[...dots].join("")}" stroke="${cloud.colour}" stroke-width="${2 * radius}" stroke-linecap="round" opacity="${cloud.opacity ?? 0.5}" fill="none"/>`,
    );
  }
  for (const mark of options.marks ?? []) {
    const pixels = round((mark.radius / (2 * limit)) * size);
    parts.push(
      `<circle cx="${place(mark.x)}" cy="${place(-mark.y)}" r="${Math.max(pixels, 6)}" fill="none" stroke="${mark.hit ? "#1a9850" : "#d73027"}" stroke-width="2"/>`,
    );
  }
  parts.push("</svg>");
  return parts.join("\n");
}
