/** Asks where a bucket is and how to get at it, tries that, and adds it. */

import React, { useEffect, useRef, useState } from 'react';
import type { NewProvider, Provider, ProviderCheck } from '../api/types';
import { Button } from '../components/buttons';
import { ProgressBar } from '../components/small';
import { ErrorMessage } from '../components/states';
import { useApp, useTrans } from '../context';
import type { IGradientData } from '../tokens';
import { CheckResult } from './checkResult';
import { SelectField, TextField } from './fields';
import { showForm, type IFields } from './formDialog';
import { nameProblem } from './names';
import { isComplete, providerOf, wrongField, type IValues, type Kind } from './providerValues';

const INITIAL: IValues = {
  kind: 'spaces',
  name: '',
  bucket: '',
  endpoint: '',
  region: '',
  accessKey: '',
  secret: '',
  quota: ''
};

/** Resolves to the new provider, or to null when the user cancelled. */
export function addProvider(app: IGradientData): Promise<Provider | null> {
  const { client, trans } = app;
  return showForm<IValues, Provider>(app, {
    title: trans.__('Add Storage Provider'),
    accept: trans.__('Check and Add'),
    initial: INITIAL,
    isComplete: values => isComplete(values) && nameProblem(values.name, trans) === null,
    fields: form => <Fields {...form} />,
    submit: (values, { signal, say }) => {
      say({ words: trans.__('Checking the bucket…'), done: null });
      return client.createProvider(providerOf(values), signal);
    }
  });
}

function Fields(form: IFields<IValues>): JSX.Element {
  const trans = useTrans();
  const { values, set, isBusy } = form;
  const trial = useTrial(form);
  const problemOf = useProblems(form, trial);
  const field = (name: keyof IValues): FieldProps => ({
    value: values[name],
    onChange: value => set({ [name]: value }),
    disabled: isBusy || trial.isRunning,
    problem: problemOf(name)
  });
  const kinds: { value: Kind; label: string }[] = [
    { value: 'spaces', label: trans.__('DigitalOcean Spaces') },
    { value: 'aws-s3', label: trans.__('AWS S3') },
    { value: 's3-compatible', label: trans.__('Another S3-compatible service') }
  ];
  return (
    <>
      <SelectField
        label={trans.__('Kind')}
        value={values.kind}
        options={kinds}
        onChange={kind => set({ kind })}
        disabled={isBusy || trial.isRunning}
      />
      <TextField
        label={values.kind === 'spaces' ? trans.__('Space (bucket)') : trans.__('Bucket')}
        required
        {...field('bucket')}
      />
      {values.kind === 's3-compatible' && (
        <TextField
          label={trans.__('Endpoint')}
          required
          placeholder="https://s3.example.org"
          help={trans.__('URL of the service, without the bucket.')}
          {...field('endpoint')}
        />
      )}
      <RegionField kind={values.kind} {...field('region')} />
      <TextField label={trans.__('Access key')} required {...field('accessKey')} />
      <TextField
        label={trans.__('Secret key')}
        required
        type="password"
        autoComplete="new-password"
        help={trans.__('Kept encrypted on the server, and never shown again.')}
        {...field('secret')}
      />
      <TextField
        label={trans.__('Name')}
        placeholder={values.bucket}
        help={trans.__('What it is called here; the name of the bucket when empty.')}
        {...field('name')}
        problem={nameProblem(values.name, trans) ?? problemOf('name')}
      />
      <TextField
        label={trans.__('Quota in GB')}
        inputMode="decimal"
        placeholder={trans.__('no limit')}
        {...field('quota')}
      />
      <Trial trial={trial} values={values} isBusy={isBusy} />
    </>
  );
}

type FieldProps = Pick<
  React.ComponentProps<typeof TextField>,
  'value' | 'onChange' | 'disabled' | 'problem'
>;

function RegionField({ kind, ...field }: { kind: Kind } & FieldProps): JSX.Element {
  const trans = useTrans();
  const examples: Record<Kind, string> = {
    spaces: 'nyc3',
    'aws-s3': 'us-east-1',
    's3-compatible': 'us-east-1'
  };
  return (
    <TextField
      label={trans.__('Region')}
      required={kind === 'spaces'}
      placeholder={examples[kind]}
      help={kind === 's3-compatible' ? trans.__('Empty when the service has none.') : undefined}
      {...field}
    />
  );
}

/** A check that saves nothing. */
interface ITrial {
  isRunning: boolean;
  found: ProviderCheck | null;
  error: unknown;
  start: (provider: NewProvider) => void;
  stop: () => void;
}

function useTrial({ clear, isBusy }: IFields<IValues>): ITrial {
  const { client } = useApp();
  const [state, setState] = useState<Pick<ITrial, 'isRunning' | 'found' | 'error'>>(NOT_TRIED);
  const running = useRef<AbortController | null>(null);
  const stop = (): void => {
    running.current?.abort();
    setState(NOT_TRIED);
  };
  useEffect(() => () => running.current?.abort(), []);
  useEffect(() => {
    if (isBusy) {
      setState(NOT_TRIED); // what is found now counts
    }
  }, [isBusy]);
  const start = (provider: NewProvider): void => {
    clear();
    const { signal } = (running.current = new AbortController());
    setState({ ...NOT_TRIED, isRunning: true });
    client.tryProvider(provider, signal).then(
      found => signal.aborted || setState({ ...NOT_TRIED, found }),
      error => signal.aborted || setState({ ...NOT_TRIED, error })
    );
  };
  return { ...state, start, stop };
}

const NOT_TRIED = { isRunning: false, found: null, error: null };

function Trial(props: { trial: ITrial; values: IValues; isBusy: boolean }): JSX.Element {
  const trans = useTrans();
  const { trial, values, isBusy } = props;
  const words = trans.__('Checking the bucket…');
  return (
    <div className="gd-Trial" aria-live="polite">
      {trial.isRunning ? (
        <div className="gd-Form-status">
          <p>{words}</p>
          <ProgressBar label={words} value={null} />
          <Button onClick={trial.stop}>{trans.__('Stop')}</Button>
        </div>
      ) : (
        <Button
          disabled={isBusy || !isComplete(values)}
          onClick={() => trial.start(providerOf(values))}
        >
          {trans.__('Check')}
        </Button>
      )}
      {trial.found && <CheckResult check={trial.found} />}
      {trial.error !== null && <ErrorMessage error={trial.error} />}
    </div>
  );
}

/** What was wrong with a field when it was last tried, until it is changed. */
function useProblems(
  { values, error }: IFields<IValues>,
  trial: ITrial
): (field: keyof IValues) => string | null {
  const trans = useTrans();
  const failure = error ?? trial.error ?? (trial.found?.ok === false ? trial.found.summary : null);
  const tried = useRef({ failure, values });
  if (tried.current.failure !== failure) {
    tried.current = { failure, values };
  }
  const wrong = wrongField(failure);
  return field =>
    field === wrong && values[field] === tried.current.values[field]
      ? trans.__('Correct this.')
      : null;
}
