/** Buttons that look as JupyterLab's do. */

import { LabIcon } from '@jupyterlab/ui-components';
import React, { forwardRef, type ButtonHTMLAttributes } from 'react';

interface IButton extends ButtonHTMLAttributes<HTMLButtonElement> {
  icon?: LabIcon;
  /** The one thing to do here; at most one such button in a view. */
  isPrimary?: boolean;
  isDangerous?: boolean;
}

/** A button with words. */
export const Button = forwardRef<HTMLButtonElement, IButton>(function Button(
  { icon: Icon, isPrimary, isDangerous, className, children, ...rest },
  ref
) {
  const kind = isDangerous ? 'jp-mod-warn' : isPrimary ? 'jp-mod-accept' : 'jp-mod-reject';
  return (
    <button
      ref={ref}
      type="button"
      className={`gd-Button jp-mod-styled ${kind} ${className ?? ''}`}
      {...rest}
    >
      {Icon && <Icon.react tag="span" className="gd-Button-icon" aria-hidden="true" />}
      {children}
    </button>
  );
});

interface IIconButton extends ButtonHTMLAttributes<HTMLButtonElement> {
  icon: LabIcon;
  /** What it does: its name for screen readers, and the tooltip. */
  label: string;
}

/** A button that is only an icon. */
export const IconButton = forwardRef<HTMLButtonElement, IIconButton>(function IconButton(
  { icon: Icon, label, className, ...rest },
  ref
) {
  return (
    <button
      ref={ref}
      type="button"
      className={`gd-IconButton ${className ?? ''}`}
      aria-label={label}
      title={label}
      {...rest}
    >
      <Icon.react tag="span" aria-hidden="true" />
    </button>
  );
});
