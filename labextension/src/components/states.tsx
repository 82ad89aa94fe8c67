/** What a view shows instead of its content: nothing yet, nothing at all, or what went wrong. */

import { errorIcon, LabIcon } from '@jupyterlab/ui-components';
import React, { type ReactNode } from 'react';
import { ApiError } from '../api/request';
import { useTrans } from '../context';
import type { Live } from '../data/live';
import { Button } from './buttons';

/** Grey lines where rows will be. */
export function Skeleton({ rows = 4 }: { rows?: number }): JSX.Element {
  const trans = useTrans();
  return (
    <div className="gd-Skeleton" role="status" aria-label={trans.__('Loading')}>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="gd-Skeleton-row" />
      ))}
    </div>
  );
}

/** Nothing is here yet: what this place is for, and the first step. */
export function EmptyState(props: {
  icon?: LabIcon;
  title: string;
  children?: ReactNode;
}): JSX.Element {
  const Icon = props.icon;
  return (
    <div className="gd-EmptyState">
      {Icon && <Icon.react tag="div" className="gd-EmptyState-icon" aria-hidden="true" />}
      <p className="gd-EmptyState-title">{props.title}</p>
      {props.children}
    </div>
  );
}

/** What went wrong, what to do next, and perhaps a way to try again. */
export function ErrorMessage(props: { error: unknown; onRetry?: () => void }): JSX.Element {
  const trans = useTrans();
  const error = ApiError.of(props.error);
  return (
    <div className="gd-ErrorMessage" role="alert">
      <errorIcon.react tag="span" className="gd-ErrorMessage-icon" aria-hidden="true" />
      <div>
        <p>{error.message}</p>
        {error.hint && <p className="gd-ErrorMessage-hint">{error.hint}</p>}
        {props.onRetry && <Button onClick={props.onRetry}>{trans.__('Try again')}</Button>}
      </div>
    </div>
  );
}

/** What is fetched, or what stands for it meanwhile; what was seen once stays while the server is away. */
export function Loaded<T>(props: {
  live: Live<T>;
  rows?: number;
  children: (data: T) => ReactNode;
}): JSX.Element {
  const { data, error, mutate } = props.live;
  if (data !== undefined) {
    return <>{props.children(data)}</>;
  }
  return error ? (
    <ErrorMessage error={error} onRetry={() => void mutate()} />
  ) : (
    <Skeleton rows={props.rows} />
  );
}
