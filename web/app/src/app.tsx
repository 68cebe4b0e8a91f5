import { useEffect, useState } from 'preact/hooks';
import { LandingPage } from './entry/landing_page';
import { loadPreferences, savePreferences, type KeyValueStore } from './entry/preferences';
import { parseRoute, roomPath } from './entry/route';
import { UnknownPage } from './entry/unknown_page';
import { RoomPage } from './room_page';

/** The page of the current address. */
export function App({ storage }: { storage: KeyValueStore | undefined }) {
  const [route, setRoute] = useState(() => parseRoute(window.location));
  useEffect(() => {
    // Leaving a room's page by the back button must end its meeting and free its devices: a fresh
    // page does both.
    const reload = (): void => window.location.reload();
    window.addEventListener('popstate', reload);
    return () => window.removeEventListener('popstate', reload);
  }, []);

  switch (route.page) {
    case 'landing': {
      const preferences = loadPreferences(storage);
      const onContinue = (name: string, room: string): void => {
        savePreferences(storage, { ...preferences, name });
        window.history.pushState(null, '', roomPath(room));
        setRoute(parseRoute(window.location));
      };
      return <LandingPage preferences={preferences} onContinue={onContinue} />;
    }
    case 'room': {
      const { room, token, lanes } = route;
      return <RoomPage room={room} token={token} lanes={lanes} storage={storage} />;
    }
    case 'unknown':
      return <UnknownPage />;
  }
}
