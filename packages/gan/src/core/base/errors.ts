/** An error whose message is meant for the person at the terminal: what is wrong, and what to do about it. */
export class GantryError extends Error {
  /** What a command that ends with this error exits with: 1 for a failure, 2 for a mistake in what was asked. */
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.name = new.target.name;
    this.exitCode = exitCode;
  }
}

/** What was asked for makes no sense or is not there: an unknown name, a bad option, missing data. Exit code 2. */
export class UsageError extends GantryError {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, 2, options);
  }
}

/** What was asked for made sense, and failed. Exit code 1. */
export class RunError extends GantryError {
  constructor(message: string, options: { readonly cause?: unknown } = {}) {
    super(message, 1, options);
  }
}

/** The training has diverged: a loss or a weight is not finite. Exit code 1. */
export class DivergedError extends RunError {
  /** The iteration, counted from 1, in which it was noticed. */
  readonly iteration: number;

  constructor(message: string, iteration: number, options: { readonly cause?: unknown } = {}) {
    super(message, options);
    this.iteration = iteration;
  }
}
