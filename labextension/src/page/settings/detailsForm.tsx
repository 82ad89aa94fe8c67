/** Name and description, saved together. */

import React, { useEffect, useRef, useState, type FormEvent } from 'react';
import { ApiError } from '../../api/request';
import type { Dataset } from '../../api/types';
import { Button } from '../../components/buttons';
import { ErrorMessage } from '../../components/states';
import { useApp } from '../../context';
import { useDataset } from '../../data/live';
import { TextArea, TextField } from '../../dialogs/fields';

interface IValues {
  name: string;
  description: string;
}

function valuesOf({ name, description }: Dataset): IValues {
  return { name, description };
}

export function DetailsForm({ dataset }: { dataset: Dataset }): JSX.Element {
  const { client, trans } = useApp();
  const { mutate } = useDataset(dataset.id);
  const [base, setBase] = useState(valuesOf(dataset));
  const [values, setValues] = useState(base);
  const [state, setState] = useState<'idle' | 'saving' | 'saved'>('idle');
  const [error, setError] = useState<ApiError | null>(null);
  const saveButton = useRef<HTMLButtonElement>(null);
  const isChanged = values.name !== base.name || values.description !== base.description;

  // What somebody else changed is shown where nothing was typed over it.
  useEffect(() => {
    const now = valuesOf(dataset);
    setValues(typed => ({
      name: typed.name === base.name ? now.name : typed.name,
      description: typed.description === base.description ? now.description : typed.description
    }));
    setBase(now);
  }, [dataset.name, dataset.description]); // eslint-disable-line react-hooks/exhaustive-deps

  const change = (part: Partial<IValues>): void => {
    setValues({ ...values, ...part });
    setState('idle');
  };
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!isChanged || state === 'saving') {
      return;
    }
    setState('saving');
    setError(null);
    try {
      const saved = await client.updateDataset(dataset.id, {
        name: values.name === base.name ? undefined : values.name.trim(),
        description: values.description === base.description ? undefined : values.description
      });
      setBase(valuesOf(saved));
      setValues(valuesOf(saved));
      setState('saved');
      await mutate(saved, { revalidate: false });
    } catch (reason) {
      setError(ApiError.of(reason));
      setState('idle');
    }
  };

  return (
    <form
      className="gd-Settings-section gd-Form"
      aria-label={trans.__('Name and description')}
      onSubmit={event => void submit(event)}
    >
      <h3>{trans.__('Name and description')}</h3>
      <TextField
        label={trans.__('Name')}
        help={trans.__(
          'References by the old name will not be found any more; those by the id stay as they are.'
        )}
        value={values.name}
        required
        aria-invalid={error !== null && values.name !== base.name}
        onChange={name => change({ name })}
      />
      <TextArea
        label={trans.__('Description')}
        value={values.description}
        onChange={description => change({ description })}
      />
      {error && <ErrorMessage error={error} />}
      <div className="gd-Settings-buttons">
        <Button
          ref={saveButton}
          type="submit"
          isPrimary
          aria-disabled={!isChanged || values.name.trim() === ''}
        >
          {state === 'saving' ? trans.__('Saving…') : trans.__('Save')}
        </Button>
        {isChanged && state !== 'saving' && (
          <Button
            onClick={() => {
              setValues(base);
              setError(null);
              saveButton.current?.focus();
            }}
          >
            {trans.__('Undo changes')}
          </Button>
        )}
        <span role="status">{state === 'saved' ? trans.__('Saved') : ''}</span>
      </div>
    </form>
  );
}
