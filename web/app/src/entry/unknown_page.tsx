import { Logo } from '../ui/logo';

/** For addresses that lead nowhere. */
export function UnknownPage() {
  return (
    <div class="left-page">
      <main class="left-card">
        <Logo />
        <h1>There is nothing here</h1>
        <p>This address leads to no room. Perhaps the link was cut off when it was copied.</p>
        <div class="left-actions">
          <a class="button button-primary button-large" href="/">
            To the start
          </a>
        </div>
      </main>
    </div>
  );
}
