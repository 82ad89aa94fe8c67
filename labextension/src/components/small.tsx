/** Small things that many views show. */

import React from 'react';
import { ago, moment } from '../format';

/** `3 hours ago`; the whole date and time on hover. */
export function Ago({ time }: { time: string }): JSX.Element {
  return (
    <time dateTime={time} title={moment(time)}>
      {ago(time)}
    </time>
  );
}

/** A word in a box: a tag, a state. */
export function Badge(props: {
  children: React.ReactNode;
  kind?: 'tag' | 'latest' | 'warning' | 'plain';
  title?: string;
}): JSX.Element {
  return (
    <span className={`gd-Badge gd-mod-${props.kind ?? 'plain'}`} title={props.title}>
      {props.children}
    </span>
  );
}

/** How far something is; without a value, that it is under way. */
export function ProgressBar(props: { label: string; value: number | null }): JSX.Element {
  const percent = props.value === null ? null : Math.min(100, Math.round(props.value * 100));
  return (
    <div
      className={`gd-ProgressBar ${percent === null ? 'gd-mod-indeterminate' : ''}`}
      role="progressbar"
      aria-label={props.label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent ?? undefined}
    >
      <div className="gd-ProgressBar-done" style={{ width: `${percent ?? 30}%` }} />
    </div>
  );
}
