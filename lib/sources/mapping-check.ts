import type * as z from 'zod';
import { isField } from '../directory/change.ts';
import { cleanName } from '../directory/text.ts';
import { isFit, type Mappable, organizationsOf, pathsOf, rulesOf } from './mapping.ts';

/** What a vendor's attributes are, by the path that leads to each. */
export interface Paths {
  /** Why there is no such attribute, where that can be told. */
  faultOf(path: string[]): string | undefined;
  /** Whether events carry it, so that nobody has to be read for it. */
  isInEvents(path: string[]): boolean;
  /** Whether people can write it themselves, and so be whom they like. */
  isOwn(path: string[]): boolean;
  /** Whether it is a name, an address or a picture, as far as that can be told. */
  isPersonal(path: string[]): boolean;
}

/** What people decide who can write an attribute themselves. */
const AS_LIKED = { userId: 'whom', organization: 'where', expiresAt: 'in Velt as long as' };

type Fault = { path: string[]; message: string };

/** Finds every fault of what a configuration makes of people's attributes, for zod. */
export function checkMapping(paths: Paths) {
  return (config: Mappable & { api?: object | undefined }, context: z.RefinementCtx): void => {
    for (const { path, message } of [...ofRules(config, paths), ...ofProfile(config)])
      context.addIssue({ code: 'custom', path, message });
  };
}

function ofRules(config: Mappable & { api?: object | undefined }, paths: Paths): Fault[] {
  return [...rulesOf(config)].flatMap(([attribute, rules]) => {
    const isId = attribute === 'userId';
    const isPlace = attribute === 'organization';
    const at = isField(attribute)
      ? ['attributes', attribute]
      : isPlace
        ? [attribute, 'attribute']
        : [attribute];
    const constantFault = (text: string) => {
      if (isId) return 'a constant would make everybody one Velt user';
      if (isPlace)
        return organizationsOf(config).has(cleanName(text)) ? [] : 'the map does not have this constant';
      if (isFit(attribute, text)) return [];
      return isField(attribute)
        ? 'Velt does not take this constant'
        : 'write 2026-12-31, or 2026-12-31T17:00:00+01:00';
    };
    const messages = rules.flatMap((rule) => [
      ...(typeof rule === 'object' && 'constant' in rule ? [constantFault(rule.constant)].flat() : []),
      ...pathsOf(rule).flatMap((path) => {
        const named = JSON.stringify(path.join('.'));
        const fault = paths.faultOf(path);
        if (fault !== undefined) return [`${named}: ${fault}`];
        return [
          !config.api && !paths.isInEvents(path)
            ? `events do not carry ${named}: set "api": {} on the source, so that people are read`
            : [],
          !isField(attribute) && paths.isOwn(path)
            ? `people can write ${named} themselves, and would be ${AS_LIKED[attribute]} they like: take another attribute${isId && path[0] === 'email' ? ', or "email", which has to be verified' : ''}`
            : [],
          isId && config.profile === 'ids' && paths.isPersonal(path)
            ? `with "profile": "ids" nothing personal is told, and ${named} is`
            : [],
        ].flat();
      }),
    ]);
    return [...new Set(messages)].map((message) => ({ path: at, message }));
  });
}

function ofProfile({ userId = 'id', attributes, profile }: Mappable): Fault[] {
  const isEmail = userId === 'email' || userId === 'lower-case-email';
  return [
    profile === 'ids' && isEmail
      ? { path: ['userId'], message: 'with "profile": "ids" nothing personal is told, and an address is' }
      : [],
    profile === 'ids' && attributes !== undefined
      ? { path: ['attributes'], message: 'with "profile": "ids" Velt is told of no attribute' }
      : [],
    isEmail && attributes?.email !== undefined
      ? {
          path: ['attributes', 'email'],
          message:
            'the userId is the e-mail address: make it of an attribute to tell another address, or none',
        }
      : [],
  ].flat();
}
