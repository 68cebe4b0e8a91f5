import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon, type IconName } from './icon';

export interface MenuItem {
  readonly icon: IconName;
  readonly text: string;
  /** For choices: whether this is the one in force. Undefined for commands. */
  readonly checked?: boolean;
  readonly onSelect: () => void;
  readonly testId?: string;
}

interface Properties {
  readonly label: string;
  readonly icon: IconName;
  readonly class: string;
  readonly items: readonly MenuItem[];
  readonly children?: ComponentChildren;
}

/** A button that opens a list of commands; arrow keys walk it, Escape closes it. */
export function Menu({ label, icon, class: classes, items, children }: Properties) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (!open) return undefined;
    const checked = list.current?.querySelector<HTMLElement>('[aria-checked="true"]');
    (checked ?? list.current?.querySelector<HTMLElement>('button'))?.focus();
    const closeOutside = (event: PointerEvent): void => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', closeOutside);
    return () => document.removeEventListener('pointerdown', closeOutside);
  }, [open]);

  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (!open) return;
    if (event.key === 'Escape') {
      event.stopPropagation();
      close();
    } else if (event.key === 'Tab') {
      setOpen(false);
    } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const buttons = [...(list.current?.querySelectorAll<HTMLElement>('button') ?? [])];
      const step = event.key === 'ArrowDown' ? 1 : buttons.length - 1;
      const at = buttons.indexOf(document.activeElement as HTMLElement);
      buttons[(Math.max(0, at) + step) % buttons.length]?.focus();
    }
  };

  return (
    <div class="menu" ref={root} onKeyDown={onKeyDown}>
      <button
        type="button"
        class={classes}
        ref={button}
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        <Icon name={icon} />
        {children}
      </button>
      {open && (
        <div class="menu-list" role="menu" aria-label={label} ref={list}>
          {items.map((item) => (
            <button
              key={item.text}
              type="button"
              data-testid={item.testId}
              role={item.checked === undefined ? 'menuitem' : 'menuitemradio'}
              aria-checked={item.checked}
              onClick={() => {
                close();
                item.onSelect();
              }}
            >
              <Icon name={item.icon} size={20} />
              <span>{item.text}</span>
              {item.checked && <Icon name="check" size={18} />}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
