import { listDevices, type MediaDevice, type Meeting, type SluiceError } from '@sluice/sdk';
import type { Preferences } from './entry/preferences';
import { asSluiceError } from './failure';
import type { SessionState } from './session';
import type { Store } from './store';

/** How {@link OwnDevices} tells the session what happened. */
export interface OwnDevicesEnvironment {
  readonly meeting: Meeting;
  readonly store: Store<SessionState>;
  /** Remembers a choice for the next visit. */
  prefer(change: Partial<Preferences>): void;
  /** A device was opened, closed or refused. */
  changed(failure: SluiceError | undefined): void;
}

/** The visitor's camera, microphone and loudspeaker: what is wanted, opened, chosen, refused. */
export class OwnDevices {
  constructor(private readonly environment: OwnDevicesEnvironment) {}

  /** Opens what the visitor wants on; failures end up in the state, not in exceptions. */
  async openWanted(): Promise<void> {
    const { preferences, view } = this.environment.store.value;
    await Promise.all([
      preferences.microphoneOn && view.mayUseMicrophone ? this.#setMicrophone(true) : undefined,
      preferences.cameraOn && view.mayUseCamera ? this.#setCamera(true) : undefined,
    ]);
    await this.refreshList();
  }

  async toggleMicrophone(): Promise<void> {
    const { microphoneBusy, view } = this.environment.store.value;
    if (microphoneBusy || !view.mayUseMicrophone) return;
    this.environment.prefer({ microphoneOn: view.self.muted });
    await this.#setMicrophone(view.self.muted);
  }

  async toggleCamera(): Promise<void> {
    const { cameraBusy, view } = this.environment.store.value;
    if (cameraBusy || !view.mayUseCamera) return;
    this.environment.prefer({ cameraOn: !view.self.cameraOn });
    await this.#setCamera(!view.self.cameraOn);
  }

  /** Uses another device from now on; one that is off stays off. */
  async choose(kind: MediaDevice['kind'], deviceId: string): Promise<void> {
    const { prefer, store } = this.environment;
    const { view, cameraFailure, microphoneFailure } = store.value;
    if (kind === 'camera') {
      prefer({ cameraId: deviceId });
      if (view.self.cameraOn || cameraFailure) await this.#setCamera(true);
    } else if (kind === 'microphone') {
      prefer({ microphoneId: deviceId });
      if (!view.self.muted || microphoneFailure) await this.#setMicrophone(true);
    } else {
      prefer({ speakerId: deviceId });
      await this.useSpeaker();
    }
  }

  /** Plays sound through the remembered loudspeaker. */
  async useSpeaker(): Promise<void> {
    const { meeting, prefer, store } = this.environment;
    const { speakerId } = store.value.preferences;
    if (speakerId === undefined) return;
    try {
      await meeting.setSpeaker(speakerId);
    } catch {
      // Unplugged since: sound stays where it is, and the choice offers what is there.
      prefer({ speakerId: undefined });
    }
  }

  /** Looks anew at what is plugged in. */
  async refreshList(): Promise<void> {
    this.environment.store.set({ devices: await listDevices() });
  }

  async #setCamera(on: boolean): Promise<void> {
    const { meeting, store } = this.environment;
    store.set({ cameraBusy: true, cameraFailure: undefined });
    const cameraFailure = await this.#open(
      (device) => meeting.local.setCamera(on, device),
      on ? store.value.preferences.cameraId : undefined,
    );
    store.set({ cameraBusy: false, cameraFailure });
    this.#settled(cameraFailure);
  }

  async #setMicrophone(on: boolean): Promise<void> {
    const { meeting, store } = this.environment;
    store.set({ microphoneBusy: true, microphoneFailure: undefined });
    const microphoneFailure = await this.#open(
      (device) => meeting.local.setMicrophone(on, device),
      on ? store.value.preferences.microphoneId : undefined,
    );
    store.set({ microphoneBusy: false, microphoneFailure });
    this.#settled(microphoneFailure);
  }

  /** Tries the remembered device, then, when it is not plugged in today, whichever there is. */
  async #open(
    open: (device: { deviceId?: string }) => Promise<void>,
    deviceId: string | undefined,
  ): Promise<SluiceError | undefined> {
    try {
      await open(deviceId === undefined ? {} : { deviceId });
      return undefined;
    } catch (error) {
      const failure = asSluiceError(error);
      if (failure.code === 'cancelled') return undefined;
      if (!deviceId || failure.code !== 'device_not_found') return failure;
      // The empty id is the browser's choice; none at all would be the device used last.
      return this.#open(open, '');
    }
  }

  #settled(failure: SluiceError | undefined): void {
    this.environment.changed(failure);
    void this.refreshList();
  }
}
