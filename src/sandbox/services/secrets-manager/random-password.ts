import { randomInt } from "node:crypto";
import { invalidParameter, type SecretsOperations } from "./operation.ts";

const UPPERCASE = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const NUMBERS = "0123456789";
/** As GetRandomPassword's documentation lists them. */
const PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
const USUAL_LENGTH = 32;

/** Passwords that nobody has to think up. */
export function randomPasswordOperations(): SecretsOperations {
  return {
    GetRandomPassword: {
      accepts: [
        "PasswordLength",
        "ExcludeCharacters",
        "ExcludeNumbers",
        "ExcludePunctuation",
        "ExcludeUppercase",
        "ExcludeLowercase",
        "IncludeSpace",
        "RequireEachIncludedType",
      ],
      handle(input) {
        const { PasswordLength: length = USUAL_LENGTH, ExcludeCharacters: excluded = "" } = input;
        const { RequireEachIncludedType: hasAllTypes = true } = input;
        const types = [
          input.ExcludeUppercase ? "" : UPPERCASE,
          input.ExcludeLowercase ? "" : UPPERCASE.toLowerCase(),
          input.ExcludeNumbers ? "" : NUMBERS,
          input.ExcludePunctuation ? "" : PUNCTUATION,
          input.IncludeSpace ? " " : "",
        ]
          .map((type) => [...type].filter((sign) => !excluded.includes(sign)))
          .filter((type) => type.length > 0);
        if (types.length === 0) throw invalidParameter("You can't exclude all of the possible character types.");
        const required = hasAllTypes ? types : [];
        if (length < required.length) {
          throw invalidParameter("The password length is too short for the required character types.");
        }
        const signs = required.map(oneOf);
        while (signs.length < length) signs.push(oneOf(types.flat()));
        return { RandomPassword: shuffled(signs).join("") };
      },
    },
  };
}

function oneOf(signs: readonly string[]): string {
  return signs[randomInt(signs.length)] ?? "";
}

function shuffled(signs: readonly string[]): string[] {
  const left = [...signs];
  return signs.map(() => left.splice(randomInt(left.length), 1)[0] ?? "");
}
