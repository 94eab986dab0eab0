import "./style.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { About } from "./About.tsx";
import { Footer } from "./Footer.tsx";
import { Header } from "./Header.tsx";
import { TaskPage } from "./TaskPage.tsx";

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");

// Two pages and plain links between them: the path decides, no router is needed.
const page = window.location.pathname === "/about" ? <About /> : <TaskPage />;

createRoot(root).render(
  <StrictMode>
    <Header />
    <main>{page}</main>
    <Footer />
  </StrictMode>,
);
