import { useEffect, useState } from "react";
import { fetchVersion } from "./api.ts";

/** The version of the API that answered: it tells a learner that a deploy has arrived. */
export function Footer() {
  const [version, setVersion] = useState("…");

  useEffect(() => {
    fetchVersion().then(setVersion, () => setVersion("versão indisponível"));
  }, []);

  return (
    <footer>
      <span className="version">{version}</span>
      <a href="/about">Sobre a Bia</a>
    </footer>
  );
}
