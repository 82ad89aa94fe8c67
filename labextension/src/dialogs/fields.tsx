/** Fields of dialogs: each with its label, and perhaps a line that explains it. */

import React, { useId, type InputHTMLAttributes, type ReactNode } from 'react';

interface IField {
  label: string;
  help?: ReactNode;
}

interface IHint {
  id: string;
  help?: ReactNode;
  problem?: string | null;
}

/** The line below a field. */
function Hint({ id, help, problem }: IHint): JSX.Element | null {
  return help || problem ? (
    <p id={`${id}-help`} className={`gd-Field-help ${problem ? 'gd-mod-problem' : ''}`}>
      {problem || help}
    </p>
  ) : null;
}

interface ITextField
  extends IField, Omit<InputHTMLAttributes<HTMLInputElement>, 'value' | 'onChange'> {
  value: string;
  /** What is wrong with the value; shown instead of the help. */
  problem?: string | null;
  onChange: (value: string) => void;
}

export function TextField({ label, help, problem, onChange, ...input }: ITextField): JSX.Element {
  const id = useId();
  return (
    <div className="gd-Field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="text"
        className="jp-mod-styled"
        autoComplete="off"
        spellCheck={false}
        aria-invalid={problem ? true : undefined}
        aria-describedby={help || problem ? `${id}-help` : undefined}
        onChange={event => onChange(event.target.value)}
        {...input}
      />
      <Hint id={id} help={help} problem={problem} />
    </div>
  );
}

export function TextArea(
  props: IField & {
    value: string;
    onChange: (value: string) => void;
    rows?: number;
    placeholder?: string;
    disabled?: boolean;
  }
): JSX.Element {
  const id = useId();
  const { label, help, onChange, ...area } = props;
  return (
    <div className="gd-Field">
      <label htmlFor={id}>{label}</label>
      <textarea
        id={id}
        className="jp-mod-styled"
        rows={3}
        aria-describedby={help ? `${id}-help` : undefined}
        onChange={event => onChange(event.target.value)}
        // Enter would accept JupyterLab's dialog: here it begins a line.
        onKeyDown={event => event.key === 'Enter' && event.stopPropagation()}
        {...area}
      />
      <Hint id={id} help={help} />
    </div>
  );
}

export function SelectField<T extends string>(
  props: IField & {
    value: T;
    options: readonly { value: T; label: string }[];
    onChange: (value: T) => void;
    disabled?: boolean;
  }
): JSX.Element {
  const id = useId();
  return (
    <div className="gd-Field">
      <label htmlFor={id}>{props.label}</label>
      <div className="jp-select-wrapper">
        <select
          id={id}
          className="jp-mod-styled"
          value={props.value}
          disabled={props.disabled}
          aria-describedby={props.help ? `${id}-help` : undefined}
          onChange={event => props.onChange(event.target.value as T)}
        >
          {props.options.map(option => (
            <option key={option.value} value={option.value}>
              {option.label}
            </option>
          ))}
        </select>
      </div>
      <Hint id={id} help={props.help} />
    </div>
  );
}
