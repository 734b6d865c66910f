export {
  describeEarlierScores,
  describeGroup,
  describeMeasured,
  describeMetric,
  describeProgressOf,
  describeScore,
  describeScoreNotes,
  describeTime,
  describeUnequalGroups,
  describeValue,
  GROUP_MEANING,
} from "@gantry/gan/compare/words";
