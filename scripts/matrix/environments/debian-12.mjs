import { debianEnvironment } from "../debian.mjs";

export default debianEnvironment("bookworm", "Debian 12 and its LibTorch 1.13");
