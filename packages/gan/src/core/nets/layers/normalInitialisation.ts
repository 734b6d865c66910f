import { nn } from "@gantry/torch";

/** Weights N(0, 0.02), scales N(1, 0.02), biases 0. Source: Radford et al. 2016, section 4, and DCGAN's code; openai/InfoGAN. */
export function initialiseNormally<T extends nn.Module>(network: T): T {
  for (const [name, parameter] of network.namedParameters()) {
    if (name.endsWith("bias")) nn.init.zeros_(parameter);
    else nn.init.normal_(parameter, parameter.dim === 1 ? 1 : 0, 0.02);
  }
  return network;
}

/** Weights N(0, deviation), biases 0; scales stay. */
export function initialiseWeights<T extends nn.Module>(network: T, deviation: number): T {
  for (const [name, parameter] of network.namedParameters()) {
    if (name.endsWith("bias")) nn.init.zeros_(parameter);
    else if (parameter.dim > 1) nn.init.normal_(parameter, 0, deviation);
  }
  return network;
}
