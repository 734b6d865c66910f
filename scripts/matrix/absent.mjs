/** What an environment needs is not to be had on this machine; the message says what and why. */
export class Absent extends Error {}
