/** The name of the app, on every page. Change the words and deploy: this is where a new version shows first. */
export function Header() {
  return (
    <header>
      <a href="/" className="brand">
        <svg viewBox="0 0 32 32" aria-hidden="true">
          <rect width="32" height="32" rx="9" />
          <path d="m9 16.5 5 5 9-11" />
        </svg>
        <span>Bia</span>
      </a>
      <p>Suas tarefas, na nuvem</p>
    </header>
  );
}
