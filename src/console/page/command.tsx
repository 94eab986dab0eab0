import { useState } from "react";
import { words } from "./words.ts";

/** A command to type, and a button that copies it: the page itself changes nothing. */
export function CommandToType({ command }: { readonly command: string }) {
  const [isCopied, setCopied] = useState(false);
  const copy = () => navigator.clipboard.writeText(command).then(() => setCopied(true));
  return (
    <div className="command">
      <code>{command}</code>
      <button type="button" onClick={copy}>
        {isCopied ? words.copied : words.copy}
      </button>
    </div>
  );
}
