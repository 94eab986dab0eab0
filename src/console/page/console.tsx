import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Console } from "./view.tsx";
import "./style.css";

document.documentElement.lang = navigator.language.toLowerCase().startsWith("pt") ? "pt-BR" : "en";
const place = document.getElementById("page");
if (place)
  createRoot(place).render(
    <StrictMode>
      <Console />
    </StrictMode>,
  );
