import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Console } from "./view.tsx";
import { language } from "./words.ts";
import "./style.css";

document.documentElement.lang = language;
const place = document.getElementById("page");
if (place)
  createRoot(place).render(
    <StrictMode>
      <Console />
    </StrictMode>,
  );
