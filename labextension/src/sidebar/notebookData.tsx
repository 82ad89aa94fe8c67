/** Which data the notebook that is used remembers, and whether it is here. */

import React, { useEffect, useRef, useState } from 'react';
import type { LockCheck } from '../api/types';
import { Button } from '../components/buttons';
import { Ago } from '../components/small';
import { ErrorMessage } from '../components/states';
import { useApp, useTrans } from '../context';
import { useLockChecks, useTasks } from '../data/live';
import type { IProof, IWork, NotebookLock } from '../lock/notebookLock';
import { useLock } from '../lock/useLock';
import { keyOf, missingOf, nameOf, reportWords } from '../lock/words';
import { CommandIDs } from '../tokens';
import { KeptFocus } from './keptFocus';
import { LockRow } from './lockRow';
import { RowList } from './rowFocus';
import { TaskProgress } from './taskProgress';

export function NotebookDataSection(): JSX.Element {
  const trans = useTrans();
  const lock = useLock();
  return (
    <KeptFocus>
      {lock !== null && lock.entries.length > 0 ? (
        <Entries key={lock.path} lock={lock} />
      ) : (
        // Keys scroll it, as there is nothing else in it.
        <p className="gd-Section-note" tabIndex={0}>
          {lock === null
            ? trans.__('Datasets that a notebook uses are listed here.')
            : trans.__('%1 has used no dataset yet.', lock.name)}
        </p>
      )}
    </KeptFocus>
  );
}

function Entries({ lock }: { lock: NotebookLock }): JSX.Element {
  const trans = useTrans();
  const { entries, restored, work } = lock;
  const live = useLockChecks(entries);
  const checks = live.data;
  return (
    <>
      <p className="gd-Lock-notebook" title={lock.path}>
        {lock.name}
      </p>
      {checks && <Announcement checks={checks} />}
      {live.error && !checks && (
        <ErrorMessage error={live.error} onRetry={() => void live.mutate()} />
      )}
      <RowList label={trans.__('Data of %1', lock.name)}>
        {entries.map((entry, at) => (
          <LockRow
            key={keyOf(entry)}
            entry={entry}
            check={checks?.[at]}
            restored={restored[at]}
            isBusy={work !== null}
          />
        ))}
      </RowList>
      {work === null ? <Actions checks={checks} /> : <Work lock={lock} work={work} />}
      {lock.proof && <Proof proof={lock.proof} />}
    </>
  );
}

function Actions({ checks }: { checks: readonly LockCheck[] | undefined }): JSX.Element {
  const { commands, trans } = useApp();
  const isWhole = checks !== undefined && missingOf(checks).length === 0;
  return (
    <div className="gd-Lock-actions">
      {!isWhole && (
        <Button
          isPrimary={checks !== undefined}
          onClick={() => void commands.execute(CommandIDs.restoreLock)}
        >
          {trans.__('Restore all')}
        </Button>
      )}
      <Button
        title={commands.caption(CommandIDs.verifyLock)}
        onClick={() => void commands.execute(CommandIDs.verifyLock)}
      >
        {trans.__('Verify')}
      </Button>
    </div>
  );
}

function Work({ lock, work }: { lock: NotebookLock; work: IWork }): JSX.Element {
  const trans = useTrans();
  const task = useTasks().find(({ id }) => id === work.task);
  const words: Record<IWork['kind'], string> = {
    restore: trans.__('Restoring'),
    verify: trans.__('Verifying'),
    update: trans.__('Updating')
  };
  return <TaskProgress words={words[work.kind]} name={lock.name} task={task} />;
}

/** What proving it has found: a sentence, and each problem. */
function Proof({ proof: { report, time } }: { proof: IProof }): JSX.Element {
  const trans = useTrans();
  const { problems } = report;
  const section = useRef<HTMLElement>(null);
  useEffect(() => section.current?.scrollIntoView({ block: 'nearest' }), [report]);
  return (
    <section
      ref={section}
      className={`gd-Lock-proof gd-mod-${problems.length > 0 ? 'failed' : 'ok'}`}
      aria-label={trans.__('Result of verifying')}
    >
      <p>
        {reportWords(report, trans)} <Ago time={time} />
      </p>
      {problems.length > 0 && (
        <ul tabIndex={0} aria-label={trans.__('Problems')}>
          {problems.map(({ thing, what }, at) => (
            <li key={at}>
              <code>{thing}</code> {what}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** Tells a screen reader what has become of the data; from the second look on. */
function Announcement({ checks }: { checks: readonly LockCheck[] }): JSX.Element {
  const trans = useTrans();
  const before = useRef<Map<string, string> | null>(null);
  const [words, setWords] = useState('');
  useEffect(() => {
    const known = before.current;
    const stateOf = ({ state, newer }: LockCheck): string => `${state} ${newer ?? ''}`;
    before.current = new Map(checks.map(check => [keyOf(check.entry), stateOf(check)]));
    const news = checks.filter(one => known && known.get(keyOf(one.entry)) !== stateOf(one));
    if (news.length > 0) {
      const sentences = news.map(({ entry, state, newer }) => {
        const name = nameOf(entry);
        if (state === 'ready') {
          return newer === null
            ? trans.__('%1 is ready.', name)
            : trans.__('%1 is ready; version %2 is newer.', name, newer);
        }
        return trans.__('%1 is not as it was.', name);
      });
      setWords(sentences.join(' '));
    }
  }, [checks, trans]);
  return (
    <p className="gd-visuallyHidden" role="status">
      {words}
    </p>
  );
}
