/**
 * Why something failed; stable, for programs.
 *
 * - `permission_denied`: the person, the browser or the system refused camera, microphone or screen.
 * - `device_not_found`: no such camera or microphone is connected.
 * - `device_busy`: the device exists but could not be opened, mostly because another program has it.
 * - `cancelled`: the person closed the browser's screen picker.
 * - `unsupported`: this browser lacks something; see {@link supportProblems}.
 * - `unauthorized`, `not_permitted`, `room_full`, `server_full`, `limit_reached`: the server refused
 *   (docs/protocol.md, section 3).
 * - `connection_failed`: the server could not be reached within the time allowed.
 * - `protocol`: server and SDK did not understand one another.
 * - `encoder_failed`: the browser's encoder gave up and could not be started again.
 */
export type SluiceErrorCode =
  | 'permission_denied'
  | 'device_not_found'
  | 'device_busy'
  | 'cancelled'
  | 'unsupported'
  | 'unauthorized'
  | 'not_permitted'
  | 'room_full'
  | 'server_full'
  | 'limit_reached'
  | 'connection_failed'
  | 'protocol'
  | 'encoder_failed';

/** What every rejected promise and every `error` event of the SDK carries. */
export class SluiceError extends Error {
  override readonly name = 'SluiceError';

  /**
   * @param code - for programs.
   * @param message - one or two plain sentences that may be shown to a person as they are.
   * @param cause - the browser's own error, when there was one.
   */
  constructor(
    readonly code: SluiceErrorCode,
    message: string,
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
  }
}
