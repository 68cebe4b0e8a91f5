import type { Permissions } from './control_messages.js';

/** The sources that one may publish, as `joined` says; undefined: all of them. */
export function publishableSources(permissions: Permissions): readonly string[] | undefined {
  const { can_publish: mayPublish, can_publish_sources: sources } = permissions;
  if (!mayPublish) return [];
  return sources.length > 0 ? sources : undefined;
}
