/** What the address asks for. */
export type Route =
  | { readonly page: 'landing' }
  | {
      readonly page: 'room';
      readonly room: string;
      readonly token: string | undefined;
      /** Sound shall have a connection of its own, where the server has that. */
      readonly lanes: boolean;
    }
  | { readonly page: 'unknown' };

/** The parts of `window.location` that matter here. */
export interface Address {
  readonly pathname: string;
  readonly search: string;
  readonly hash: string;
}

/**
 * Reads `/` and `/r/<room>`. A token may stand in the fragment (`#token=`), which browsers keep to
 * themselves, or in the query (`?token=`), which servers log; the fragment wins. A room named in an
 * address is taken as it stands, since a token may be bound to exactly that name. `?lanes=1` asks
 * for lanes (decision 0017).
 */
export function parseRoute(address: Address): Route {
  if (address.pathname === '/' || address.pathname === '/index.html') return { page: 'landing' };
  const match = /^\/r\/([^/]+)\/?$/.exec(address.pathname);
  if (!match) return { page: 'unknown' };
  let room: string;
  try {
    room = decodeURIComponent(match[1]!).trim();
  } catch {
    return { page: 'unknown' };
  }
  if (room === '') return { page: 'unknown' };
  const query = new URLSearchParams(address.search);
  const token =
    new URLSearchParams(address.hash.replace(/^#/, '')).get('token') ||
    query.get('token') ||
    undefined;
  return { page: 'room', room, token, lanes: query.get('lanes') === '1' };
}

/** The path of a room's page. */
export function roomPath(room: string): string {
  return `/r/${encodeURIComponent(room)}`;
}

/** The link to hand to others: never with the own token, which is a key to the own seat. */
export function inviteLink(origin: string, room: string): string {
  return origin + roomPath(room);
}
