-- Texts and typed words become lexemes by the same rules, whatever the language and the database's locale.

-- Lower case, letters and digits only, one space between. Accents, vowel signs and forms of a letter do not count:
-- s with a comma or a cedilla below is s, the forms of alef are one letter, an apostrophe inside a Cyrillic word is nothing.
CREATE FUNCTION search_plain(given text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN btrim(regexp_replace(
    lower(unaccent('unaccent'::regdictionary, regexp_replace(
        translate(
            regexp_replace(
                normalize(given, NFKD),
                U&'[\0300-\036F\0640\064B-\065F\0670\00AD\200B-\200F\2060\FEFF]', '', 'g'
            ),
            U&'\0649\0629\0671\06CC\06A9٠١٢٣٤٥٦٧٨٩', U&'\064A\0647\0627\064A\06430123456789'
        ),
        U&'([\0400-\04FF])[''\2019\02BC`]([\0400-\04FF])', '\1\2', 'g'
    )) COLLATE "pg_c_utf8"),
    '[^[:alnum:]]+' COLLATE "pg_c_utf8", ' ', 'g'
));

-- A plain text made ready for the language's stemmer: with the letters of endings that folding took from it, and without
-- endings that the stemmer leaves on: the Arabic plural in -at; in Ukrainian, which has no stemmer, those of cases.
CREATE FUNCTION search_stemmable(language text, plain text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE language
    WHEN 'ar' THEN regexp_replace(
        regexp_replace(plain COLLATE "pg_c_utf8", 'ه\M', 'ة', 'g'), U&'([\0620-\064A]{3})\0627\062A\005CM', U&'\005C1', 'g'
    )
    WHEN 'es' THEN regexp_replace(plain COLLATE "pg_c_utf8", 'cion\M', 'ción', 'g')
    WHEN 'ro' THEN regexp_replace(plain COLLATE "pg_c_utf8", 'ati(a|e|ei|iei|ile|ilor)\M', 'ați\1', 'g')
    WHEN 'uk' THEN regexp_replace(
        regexp_replace(plain COLLATE "pg_c_utf8", 'нн(я|і|ю|ям|ями|ях)\M', 'нь', 'g'),
        '([а-яєіґ]{3,}?)(ями|ами|ові|еві|ього|ьому|ого|ому|ими|іми|ьою|ою|ею|єю|ах|ях|ам|ям|ом|ем|єм|ів|іі|оі|ии|іи|их|іх|ія|ію|а|я|о|е|є|и|і|у|ю|ь)\M',
        '\1', 'g'
    )
    ELSE plain END;

-- PostgreSQL's name for the rules of the language, where there are any; a language more is a row more.
CREATE FUNCTION search_stemmer(language text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE language
    WHEN 'ar' THEN 'arabic'
    WHEN 'en' THEN 'english'
    WHEN 'es' THEN 'spanish'
    WHEN 'fr' THEN 'french'
    WHEN 'ro' THEN 'romanian'
    WHEN 'uk' THEN 'simple' END;

-- The words of a text as they are, and their stems.
CREATE FUNCTION search_words(language text, given text, weight "char") RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT setweight(
        to_tsvector('pg_catalog.simple'::regconfig, plain)
        || coalesce(to_tsvector(search_stemmer(spoken)::regconfig, search_stemmable(spoken, plain)), ''),
        weight)
    FROM (
        SELECT split_part(lower(language), '-', 1) AS spoken, search_plain(left(coalesce(given, ''), 20000)) AS plain
    ) AS folded;
END;

-- The stem of a plain word in a language; NULL where that has none, "" for a word such as “the”.
CREATE FUNCTION search_stem(language text, word text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN (
    SELECT CASE WHEN found = '{}' THEN '' ELSE found[1] END
    FROM (SELECT CASE language
        WHEN 'uk' THEN ARRAY[search_stemmable('uk', word)]
        ELSE ts_lexize((search_stemmer(language) || '_stem')::regdictionary, search_stemmable(language, word))
    END AS found) AS looked_up
);

CREATE AGGREGATE search_sum(tsvector) (SFUNC = tsvector_concat, STYPE = tsvector, INITCOND = '', PARALLEL = SAFE);

-- Name and description with their translations; no description for a weight that is NULL.
CREATE FUNCTION search_texts(
    language text, name text, description text, translations jsonb, of_name "char", of_description "char"
) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT search_sum(
        search_words(tag, text ->> 'name', of_name)
        || coalesce(search_words(tag, text ->> 'description', of_description), '')
    )
    FROM (
        SELECT language AS tag, jsonb_build_object('name', name, 'description', description) AS text
        UNION ALL SELECT key, value FROM jsonb_each(translations)
    ) AS texts;
END;

-- What somebody typed: all of the words, the last one as far as it was typed (two letters begin too much). A word also
-- matches by its stem in each of the languages. Words such as “the” count only where there are no others.
CREATE FUNCTION search_query(typed text) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    words CONSTANT text[] := (string_to_array(search_plain(left(typed, 200)), ' '))[1:8];
    found tsquery := '';
    fillers tsquery := '';
    forms tsquery;
    stems text[];
    is_last boolean;
BEGIN
    FOR place IN 1 .. coalesce(array_length(words, 1), 0) LOOP
        CONTINUE WHEN words[place] = '';
        stems := ARRAY(
            SELECT DISTINCT search_stem(spoken, words[place]) FROM unnest(ARRAY['ar', 'en', 'es', 'fr', 'ro', 'uk']) AS spoken
        );
        is_last := place = array_length(words, 1);
        forms := (quote_literal(words[place]) || CASE WHEN is_last AND length(words[place]) > 2 THEN ':*' ELSE '' END)::tsquery;
        forms := forms || coalesce((
            SELECT string_agg(quote_literal(stem), '|')::tsquery
            FROM unnest(stems) AS stem WHERE stem <> words[place] AND length(stem) > 1
        ), '');
        IF '' = ANY (stems) THEN
            fillers := fillers && forms;
        ELSE
            found := found && forms;
        END IF;
    END LOOP;
    RETURN CASE WHEN numnode(found) > 0 THEN found ELSE fillers END;
END $$;

-- The words of what was published, for those who mistype them.
CREATE FUNCTION search_learn(given text) RETURNS void
LANGUAGE sql AS $$
    INSERT INTO alerts_searchword (word)
    SELECT word FROM (SELECT DISTINCT unnest(string_to_array(search_plain(given), ' '))) AS words (word)
    WHERE length(word) BETWEEN 4 AND 40 AND word !~ '[0-9]'
        AND NOT EXISTS (SELECT 1 FROM alerts_searchword known WHERE known.word = words.word)
$$;

-- What somebody typed with each word that nothing has replaced by the most similar one that something has; with
-- `even_known` also a word that something has, by a similar one that the search would not find by itself.
CREATE FUNCTION search_correct(typed text, even_known boolean) RETURNS text
LANGUAGE sql STABLE SET pg_trgm.word_similarity_threshold = 0.4 AS $$
    WITH asked AS (
        SELECT word, place, place = max(place) OVER () AS is_last
        FROM unnest((string_to_array(search_plain(left(typed, 200)), ' '))[1:8]) WITH ORDINALITY AS words (word, place)
    )
    SELECT string_agg(coalesce(nearest.word, asked.word), ' ' ORDER BY asked.place)
    FROM asked LEFT JOIN LATERAL (
        SELECT known.word
        FROM alerts_searchword known
        WHERE length(asked.word) BETWEEN 4 AND 40 AND asked.word <% known.word
            AND (even_known OR NOT EXISTS (
                SELECT FROM alerts_searchword same
                WHERE same.word = asked.word OR (is_last AND same.word LIKE asked.word || '%')
            ))
            AND NOT to_tsvector('pg_catalog.simple'::regconfig, known.word)
                @@ search_query(asked.word || CASE WHEN is_last THEN '' ELSE ' the' END)
        ORDER BY similarity(asked.word, known.word) DESC, known.word
        LIMIT 1
    ) AS nearest ON true
$$;
