/** A program to be run, not to be imported: `node setup.mjs [--with pip]` builds the native part and brings what that takes. */
export {};
