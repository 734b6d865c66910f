/** A sample with its discriminator's score. */
export interface ScoredSample {
  /** Which of those that were drawn, from 0. */
  readonly place: number;
  readonly score: number;
  readonly data: Float32Array;
}

/** The best of any number of samples, by score: it holds no more than two for each that is kept. */
export class Best {
  readonly #most: number;
  #kept: ScoredSample[] = [];
  #seen = 0;

  /** @param most how many are kept */
  constructor(most: number) {
    this.#most = most;
  }

  /**
   * @param data of the samples, one after the other
   * @param scores one each
   */
  add(data: Float32Array, scores: Float32Array): void {
    const size = data.length / scores.length;
    for (const [i, score] of scores.entries()) {
      this.#kept.push({ place: this.#seen++, score, data: data.slice(i * size, (i + 1) * size) });
      if (this.#kept.length >= 2 * this.#most) this.#cut();
    }
  }

  /** Highest first; of equal ones the first drawn. */
  ranked(): readonly ScoredSample[] {
    this.#cut();
    return this.#kept;
  }

  #cut(): void {
    this.#kept = this.#kept.sort((a, b) => b.score - a.score || a.place - b.place).slice(0, this.#most);
  }
}
