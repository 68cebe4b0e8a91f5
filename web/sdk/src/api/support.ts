/** Something that this browser, page or computer lacks. */
export interface SupportProblem {
  /** Stable, for programs. */
  readonly code:
    | 'insecure_context'
    | 'no_webcodecs'
    | 'no_video_codec'
    | 'no_audio_codec'
    | 'no_workers'
    | 'no_capture'
    | 'no_camera'
    | 'no_microphone'
    | 'no_audio_output'
    | 'no_screen_share';
  /**
   * `cannot_join`: nothing works without it. `cannot_send`: one can watch and listen only.
   * `limited`: one thing is missing (no camera, no screen share), the rest works.
   */
  readonly severity: 'cannot_join' | 'cannot_send' | 'limited';
  /** Plain words for a person: what is missing, and what to do about it. */
  readonly message: string;
}
