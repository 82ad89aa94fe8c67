/** Work under way, with its progress; or what became of it. */

import React, { type ReactNode } from 'react';
import { Button } from '../../components/buttons';
import { ProgressBar } from '../../components/small';
import { ErrorMessage } from '../../components/states';
import { useTrans } from '../../context';
import type { IWork } from './useWork';

export function Working<T>(props: {
  work: IWork<T>;
  children: (value: T) => ReactNode;
}): JSX.Element {
  const trans = useTrans();
  const { state, value, error, progress, stop, again } = props.work;
  switch (state) {
    case 'done':
      return <>{props.children(value as T)}</>;
    case 'failed':
      return <ErrorMessage error={error} onRetry={again} />;
    case 'stopped':
      return (
        <div className="gd-Working">
          <p>{trans.__('Stopped.')}</p>
          <Button onClick={again}>{trans.__('Compare')}</Button>
        </div>
      );
    default:
      return (
        <div className="gd-Working gd-mod-late">
          <p role="status">
            {progress === 1 ? trans.__('Comparing…') : trans.__('Reading the file…')}
          </p>
          <ProgressBar label={trans.__('Comparing')} value={progress === 1 ? null : progress} />
          <Button onClick={stop}>{trans.__('Stop')}</Button>
        </div>
      );
  }
}
