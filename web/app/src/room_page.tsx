import { useEffect, useMemo } from 'preact/hooks';
import { LeftPage } from './entry/left_page';
import { PrejoinPage } from './entry/prejoin_page';
import type { KeyValueStore } from './entry/preferences';
import { MeetingPage } from './meeting/meeting_page';
import { Session } from './session';
import { useStore } from './store';

declare global {
  interface Window {
    /** For tests and curious developers: the meeting of this page. */
    sluice?: { readonly meeting: Session['meeting'] };
  }
}

interface Properties {
  readonly room: string;
  readonly token: string | undefined;
  readonly lanes: boolean;
  readonly storage: KeyValueStore | undefined;
}

/** Everything that happens in one room: before, during and after the meeting. */
export function RoomPage({ room, token, lanes, storage }: Properties) {
  const session = useMemo(
    () => new Session(room, token, lanes, storage),
    [room, token, lanes, storage],
  );
  const state = useStore(session.store);
  useEffect(() => {
    window.sluice = { meeting: session.meeting };
    document.title = `${room} · Sluice`;
    void session.prepare();
  }, [session, room]);

  switch (state.phase.at) {
    case 'prejoin':
    case 'joining':
      return <PrejoinPage session={session} state={state} />;
    case 'meeting':
      return <MeetingPage session={session} state={state} />;
    case 'left':
      return (
        <LeftPage
          session={session}
          reason={state.phase.reason}
          failure={state.phase.failure}
          joining={state.phase.joining}
        />
      );
  }
}
