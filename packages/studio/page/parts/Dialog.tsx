import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

interface Props {
  readonly title: string;
  /** What its button does: `Stop it`. */
  readonly action?: string;
  readonly isGrave?: boolean;
  /** @returns what is to be told of it */
  readonly onConfirm?: () => Promise<string>;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** A question before something is done, and then what became of it. */
export function Dialog({ title, action, isGrave = false, onConfirm, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [told, setTold] = useState<{ text: string; failed: boolean }>();
  const [busy, setBusy] = useState(false);
  useEffect(() => dialog.current?.showModal(), []);
  const confirm = async () => {
    setBusy(true);
    try {
      setTold({ text: (await onConfirm?.()) ?? "", failed: false });
    } catch (error) {
      setTold({ text: (error as Error).message, failed: true });
    }
    setBusy(false);
  };
  const isDone = told !== undefined && !told.failed;
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={id} onClose={onClose}>
      <h2 id={id}>{title}</h2>
      {isDone ? null : children}
      <p role="status" class={told?.failed ? "trouble" : ""}>
        {busy ? "One moment …" : (told?.text ?? "")}
      </p>
      <div class="buttons">
        <button type="button" class="button" onClick={() => dialog.current?.close()}>
          {action === undefined || isDone ? "Close" : "Cancel"}
        </button>
        {action === undefined || isDone ? null : (
          <button
            type="button"
            class={`button primary${isGrave ? " grave" : ""}`}
            disabled={busy}
            onClick={confirm}
          >
            {action}
          </button>
        )}
      </div>
    </dialog>
  );
}
