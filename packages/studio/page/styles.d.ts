// Styles are bundled, and have nothing to type.
declare module "*.css";
