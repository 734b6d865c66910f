/** Who this process is among several, and starting them. Loads no engine. */
export { LEFT, launchRanks } from "./launch.js";
export {
  firstHost,
  forgetRanks,
  ownAddress,
  type RankMember,
  type RankWish,
  rankWish,
  STARTED,
  visibleDevice,
} from "./place.js";
