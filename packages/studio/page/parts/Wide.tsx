import type { ComponentChildren } from "preact";

interface Props {
  /** What it holds. */
  readonly label: string;
  readonly children: ComponentChildren;
}

/** What may be wider than the page, and is then moved to the side: by keys too. */
export const Wide = ({ label, children }: Props) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: keys scroll only what can be focused
  <section class="scroll" aria-label={label} tabIndex={0}>
    {children}
  </section>
);
