export { FormatError, type FormatErrorOptions } from "./errors.js";
