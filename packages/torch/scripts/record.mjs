// The record of a LibTorch in the addon's file: native/bindings/record.cc holds it, src/built.ts reads it.
export const OPEN = "<gantry-libtorch>\n";
export const CLOSE = "\n</gantry-libtorch>";

/** What is recorded, a line each. */
export const recordOf = ({ root, library, header, version, source }) => [
  root,
  library,
  header,
  version,
  source,
];

/** How many bytes an addon that is built for other machines keeps for the record, and for the folder of the libraries. */
export const ROOM = 8192;
export const FOLDER_ROOM = 2048;

/** Stands for the folder until there is one; nothing else in the file ends like it. */
export const FOLDER_PLACEHOLDER = "/gantry-libtorch-folder".padEnd(FOLDER_ROOM, "#");
