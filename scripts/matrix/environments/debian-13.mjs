import { debianEnvironment } from "../debian.mjs";

export default debianEnvironment("trixie", "Debian 13 and its LibTorch 2.6");
