import '@fontsource-variable/instrument-sans';
import './styles/base.css';
import './styles/parts.css';
import './styles/tile.css';
import './styles/entry.css';
import './styles/meeting.css';
import './styles/panels.css';
import { render } from 'preact';
import { App } from './app';

/** Some privacy settings forbid even looking at `localStorage`. */
function storageIfAllowed(): Storage | undefined {
  try {
    return window.localStorage;
  } catch {
    return undefined;
  }
}

const root = document.getElementById('app')!;
root.replaceChildren();
render(<App storage={storageIfAllowed()} />, root);
