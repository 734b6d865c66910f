import { nn } from "@gantry/torch";

/** Whether any layer of a network has it: heads take after that. */
export const hasSpectralNorm = (network: nn.Module): boolean =>
  network
    .namedModules()
    .some(([, module]) => module instanceof nn.WeightLayer && module.weightU !== undefined);
