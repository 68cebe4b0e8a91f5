import type { MediaDevice } from '@sluice/sdk';
import { Icon, type IconName } from './icon';

const kWords: Record<MediaDevice['kind'], { label: string; icon: IconName }> = {
  camera: { label: 'Camera', icon: 'camera' },
  microphone: { label: 'Microphone', icon: 'microphone' },
  speaker: { label: 'Speaker', icon: 'speaker' },
};

interface Properties {
  readonly kind: MediaDevice['kind'];
  readonly devices: readonly MediaDevice[];
  readonly selected: string | undefined;
  readonly onSelect: (deviceId: string) => void;
}

/**
 * Chooses one of the computer's devices. Nothing where the browser offers no choice of that kind.
 */
export function DeviceSelect({ kind, devices, selected, onSelect }: Properties) {
  const ofKind = devices.filter((device) => device.kind === kind && device.label !== '');
  const { label, icon } = kWords[kind];
  if (ofKind.length === 0 && kind === 'speaker') return null;
  const current = ofKind.some((device) => device.deviceId === selected)
    ? selected
    : ofKind[0]?.deviceId;
  return (
    <label class="select-field">
      <span class="visually-hidden">{label}</span>
      <Icon name={icon} size={20} />
      <select
        data-testid={`${kind}-select`}
        value={current}
        disabled={ofKind.length === 0}
        onChange={(event) => onSelect(event.currentTarget.value)}
      >
        {ofKind.length === 0 && <option>{`No ${label.toLowerCase()} yet`}</option>}
        {ofKind.map((device) => (
          <option key={device.deviceId} value={device.deviceId}>
            {device.label}
          </option>
        ))}
      </select>
    </label>
  );
}
