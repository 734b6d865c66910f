/** What cannot be had or done, and why: told in the page as it stands. */
export class Refusal extends Error {}
