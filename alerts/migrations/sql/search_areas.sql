-- The archive by places; a bulletin is also found by its topics' names in other languages, and an alert by what it is.

-- The last id on the path of each place that a bulletin is about: a closed place counts as what was around it.
CREATE FUNCTION search_areas(bulletin bigint) RETURNS bigint[] LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(DISTINCT (regexp_match(p.path, '(\d+)/$'))[1]::bigint), '{}')
    FROM alerts_bulletinarea l JOIN subscriptions_place p ON p.id = l.place_id
    WHERE l.bulletin_id = bulletin AND p.path <> '/'
$$;

-- These and everything that they lie in.
CREATE FUNCTION search_around(bulletin bigint) RETURNS bigint[] LANGUAGE sql STABLE AS $$
    SELECT coalesce(array_agg(DISTINCT part::bigint), '{}')
    FROM alerts_bulletinarea l JOIN subscriptions_place p ON p.id = l.place_id
    CROSS JOIN LATERAL string_to_table(btrim(p.path, '/'), '/') AS part
    WHERE l.bulletin_id = bulletin AND p.path <> '/'
$$;

-- As it was, with places, the topics' names in all languages and the alerts' events.
CREATE OR REPLACE FUNCTION search_refresh_archive(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM alerts_archiveentry e WHERE e.bulletin_id = ANY (ids) AND NOT (
        EXISTS (SELECT FROM alerts_bulletin b WHERE b.id = e.bulletin_id AND b.status = 'published')
        AND EXISTS (SELECT FROM alerts_bulletinvariant v WHERE v.bulletin_id = e.bulletin_id)
        AND EXISTS (
            SELECT FROM alerts_bulletintopic l JOIN subscriptions_topic t ON t.id = l.topic_id
            WHERE l.bulletin_id = e.bulletin_id AND t.is_public
        )
        AND search_is_for_all(e.bulletin_id)
    );
    IF NOT EXISTS (SELECT FROM alerts_bulletin WHERE id = ANY (ids) AND status = 'published') THEN
        RETURN;
    END IF;
    INSERT INTO alerts_archiveentry (bulletin_id, agency_id, published_at, is_alert, languages, topics, subjects, areas, around, words)
    SELECT b.id, b.agency_id, coalesce(b.published_at, b.created_at),
        EXISTS (SELECT FROM alerts_alert a WHERE a.bulletin_id = b.id),
        said.languages, chosen.topics, search_subjects(chosen.topics), search_areas(b.id), search_around(b.id),
        strip(said.words || chosen.words || said_by.words)
    FROM alerts_bulletin b
    CROSS JOIN LATERAL (
        SELECT array_agg(lower(v.language)) || array_agg(split_part(lower(v.language), '-', 1)) AS languages, search_sum(search_words(
            v.language, concat_ws(' ', v.title, v.summary, v.event, v.instruction, v.body), 'D'
        )) AS words
        FROM alerts_bulletinvariant v WHERE v.bulletin_id = b.id HAVING count(*) > 0
    ) AS said
    CROSS JOIN LATERAL (
        SELECT array_agg(t.id ORDER BY l.position) AS topics, search_sum(search_texts('', t.name, NULL, t.translations, 'D', NULL)) AS words
        FROM alerts_bulletintopic l JOIN subscriptions_topic t ON t.id = l.topic_id
        WHERE l.bulletin_id = b.id AND t.is_public HAVING count(*) > 0
    ) AS chosen
    CROSS JOIN LATERAL (
        SELECT search_texts(default_language, name, NULL, translations, 'D', NULL) AS words
        FROM agencies_agency WHERE id = b.agency_id
    ) AS said_by
    WHERE b.id = ANY (ids) AND b.status = 'published' AND search_is_for_all(b.id)
    ON CONFLICT (bulletin_id) DO UPDATE SET
        agency_id = EXCLUDED.agency_id, published_at = EXCLUDED.published_at, is_alert = EXCLUDED.is_alert,
        languages = EXCLUDED.languages, topics = EXCLUDED.topics, subjects = EXCLUDED.subjects,
        areas = EXCLUDED.areas, around = EXCLUDED.around, words = EXCLUDED.words;
    PERFORM search_learn(string_agg(v.title || ' ' || v.summary, ' '))
    FROM alerts_bulletinvariant v JOIN alerts_archiveentry e ON e.bulletin_id = v.bulletin_id
    WHERE e.bulletin_id = ANY (ids);
END $$;

CREATE FUNCTION search_places_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE alerts_archiveentry SET areas = search_areas(bulletin_id), around = search_around(bulletin_id)
    WHERE bulletin_id IN (SELECT bulletin_id FROM changed);
    RETURN NULL;
END $$;
CREATE TRIGGER search_new AFTER INSERT ON alerts_bulletinarea REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION search_places_changed();
CREATE TRIGGER search_gone AFTER DELETE ON alerts_bulletinarea REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION search_places_changed();

-- A place that was moved or closed. Few bulletins are about any one place.
CREATE FUNCTION search_place_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE alerts_archiveentry SET areas = search_areas(bulletin_id), around = search_around(bulletin_id)
    WHERE bulletin_id IN (SELECT bulletin_id FROM alerts_bulletinarea WHERE place_id = NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER search_moved AFTER UPDATE ON subscriptions_place
    FOR EACH ROW WHEN (OLD.path IS DISTINCT FROM NEW.path) EXECUTE FUNCTION search_place_moved();

-- In Arabic “and” is written onto the word: before an article it is taken off.
CREATE OR REPLACE FUNCTION search_stemmable(language text, plain text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE language
    WHEN 'ar' THEN regexp_replace(
        regexp_replace(
            regexp_replace(plain COLLATE "pg_c_utf8", '\mو(?=ال)', '', 'g'), 'ه\M', 'ة', 'g'
        ), U&'([\0620-\064A]{3})\0627\062A\005CM', U&'\005C1', 'g'
    )
    WHEN 'es' THEN regexp_replace(plain COLLATE "pg_c_utf8", 'cion\M', 'ción', 'g')
    WHEN 'ro' THEN regexp_replace(plain COLLATE "pg_c_utf8", 'ati(a|e|ei|iei|ile|ilor)\M', 'ați\1', 'g')
    WHEN 'uk' THEN regexp_replace(
        regexp_replace(plain COLLATE "pg_c_utf8", 'нн(я|і|ю|ям|ями|ях)\M', 'нь', 'g'),
        '([а-яєіґ]{3,}?)(ями|ами|ові|еві|ього|ьому|ого|ому|ими|іми|ьою|ою|ею|єю|ах|ях|ам|ям|ом|ем|єм|ів|іі|оі|ии|іи|их|іх|ія|ію|а|я|о|е|є|и|і|у|ю|ь)\M',
        '\1', 'g'
    )
    ELSE plain END;

-- What stood here before.
SELECT search_refresh_agencies(array_agg(id)) FROM agencies_agency;
SELECT search_refresh_topics(array_agg(id)) FROM subscriptions_topic;
SELECT search_refresh_archive(array_agg(id)) FROM alerts_bulletin WHERE status = 'published' GROUP BY id / 1000;
