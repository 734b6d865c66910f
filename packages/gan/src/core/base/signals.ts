/**
 * Signals that ask a process to end: a person, a closed terminal, a service manager, a scheduler whose limit is reached
 * (SLURM, LSF and Grid Engine send SIGUSR2 before they kill; the kernel SIGXCPU at a limit of processor time), a power
 * supply that runs dry.
 */
export const STOP_SIGNALS = [
  "SIGINT",
  "SIGTERM",
  "SIGHUP",
  "SIGQUIT",
  "SIGUSR2",
  "SIGXCPU",
  "SIGPWR",
  "SIGALRM",
  "SIGVTALRM",
] as const;

/**
 * Signals that announce something, after which work goes on: SLURM's `--signal=USR1@60`, as PyTorch Lightning takes it,
 * Grid Engine before it suspends, LSF's `-wa URG`.
 */
export const WARNING_SIGNALS = ["SIGUSR1", "SIGURG"] as const;

/**
 * For a process that another one of Gantry started: terminals and schedulers signal both, and what becomes of this one is
 * for the other to decide. It has to be ended by SIGKILL.
 */
export function leaveSignalsToParent(): void {
  for (const name of [...STOP_SIGNALS, ...WARNING_SIGNALS]) {
    try {
      process.on(name as NodeJS.Signals, () => {});
    } catch {
      // A signal that this system does not have.
    }
  }
}
