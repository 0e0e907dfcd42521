-- The rows that search looks into follow what they tell of, in the same transaction.

CREATE FUNCTION search_refresh_agencies(ids bigint[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO alerts_agencyentry (agency_id, words)
    SELECT id, search_texts(default_language, name, description, translations, 'A', 'C')
    FROM agencies_agency WHERE id = ANY (ids)
    ON CONFLICT (agency_id) DO UPDATE SET words = EXCLUDED.words;
    SELECT search_learn(concat_ws(' ', name, (SELECT string_agg(value ->> 'name', ' ') FROM jsonb_each(translations))))
    FROM agencies_agency WHERE id = ANY (ids)
$$;

CREATE FUNCTION search_refresh_topics(ids bigint[]) RETURNS void LANGUAGE sql AS $$
    INSERT INTO alerts_topicentry (topic_id, words)
    SELECT t.id,
        search_texts(a.default_language, t.name, t.description, t.translations, 'A', 'C')
        || search_texts(a.default_language, a.name, NULL, a.translations, 'D', NULL)
        || coalesce(subjects.words, '')
    FROM subscriptions_topic t
    JOIN agencies_agency a ON a.id = t.agency_id
    LEFT JOIN LATERAL (
        WITH RECURSIVE above AS (
            SELECT c.* FROM subscriptions_category c WHERE c.id = t.category_id
            UNION SELECT c.* FROM subscriptions_category c JOIN above ON c.id = above.parent_id
        )
        SELECT search_sum(search_texts('en', name, NULL, translations, 'B', NULL)) AS words FROM above
    ) AS subjects ON true
    WHERE t.id = ANY (ids)
    ON CONFLICT (topic_id) DO UPDATE SET words = EXCLUDED.words;
    SELECT search_learn(concat_ws(' ', name, description, (SELECT string_agg(value ->> 'name', ' ') FROM jsonb_each(translations))))
    FROM subscriptions_topic WHERE id = ANY (ids) AND is_public
$$;

-- The categories of the topics, and all that these lie in.
CREATE FUNCTION search_subjects(topics bigint[]) RETURNS bigint[] LANGUAGE sql STABLE AS $$
    WITH RECURSIVE above AS (
        SELECT category_id AS id FROM subscriptions_topic WHERE id = ANY (topics) AND category_id IS NOT NULL
        UNION SELECT c.parent_id FROM subscriptions_category c JOIN above ON c.id = above.id WHERE c.parent_id IS NOT NULL
    )
    SELECT coalesce(array_agg(id), '{}') FROM above
$$;

-- No alert, or one for the public, as the alerts page shows them.
CREATE FUNCTION search_is_for_all(bulletin bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT NOT EXISTS (
        SELECT FROM alerts_alert a WHERE a.bulletin_id = bulletin
            AND (a.scope <> 'Public' OR a.status NOT IN ('Actual', 'Exercise', 'Test'))
    )
$$;

-- A bulletin has an entry while it is published, on a public topic, for everybody, and says something.
CREATE FUNCTION search_refresh_archive(ids bigint[]) RETURNS void LANGUAGE plpgsql AS $$
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
    INSERT INTO alerts_archiveentry (bulletin_id, agency_id, published_at, is_alert, languages, topics, subjects, words)
    SELECT b.id, b.agency_id, coalesce(b.published_at, b.created_at),
        EXISTS (SELECT FROM alerts_alert a WHERE a.bulletin_id = b.id),
        said.languages, chosen.topics, search_subjects(chosen.topics),
        strip(said.words || chosen.words || said_by.words)
    FROM alerts_bulletin b
    CROSS JOIN LATERAL (
        SELECT array_agg(lower(v.language)) || array_agg(split_part(lower(v.language), '-', 1)) AS languages, search_sum(search_words(
            v.language, concat_ws(' ', v.title, v.summary, v.instruction, v.body), 'D'
        )) AS words
        FROM alerts_bulletinvariant v WHERE v.bulletin_id = b.id HAVING count(*) > 0
    ) AS said
    CROSS JOIN LATERAL (
        SELECT array_agg(t.id ORDER BY l.position) AS topics, search_sum(search_words('', t.name, 'D')) AS words
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
        languages = EXCLUDED.languages, topics = EXCLUDED.topics, subjects = EXCLUDED.subjects, words = EXCLUDED.words;
    PERFORM search_learn(string_agg(v.title || ' ' || v.summary, ' '))
    FROM alerts_bulletinvariant v JOIN alerts_archiveentry e ON e.bulletin_id = v.bulletin_id
    WHERE e.bulletin_id = ANY (ids);
END $$;

-- The bulletins with the words, in no order, and no more than so many. By the index of words only: where the words are
-- rare the planner would rather walk through all bulletins by date, since it knows the frequency of common words alone.
CREATE FUNCTION search_bulletins(typed text, most integer) RETURNS bigint[]
LANGUAGE sql STABLE SET enable_seqscan = off SET enable_indexscan = off AS $$
    SELECT coalesce(array_agg(bulletin_id), '{}')
    FROM (SELECT bulletin_id FROM alerts_archiveentry WHERE words @@ search_query(typed) LIMIT most) AS found
$$;

CREATE FUNCTION search_agency_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM search_refresh_agencies(ARRAY[NEW.id]);
    IF TG_OP = 'UPDATE' THEN
        PERFORM search_refresh_topics(array_agg(id)) FROM subscriptions_topic WHERE agency_id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER search_new AFTER INSERT ON agencies_agency
    FOR EACH ROW EXECUTE FUNCTION search_agency_changed();
CREATE TRIGGER search_changed AFTER UPDATE ON agencies_agency FOR EACH ROW
    WHEN ((OLD.name, OLD.description, OLD.translations, OLD.default_language)
        IS DISTINCT FROM (NEW.name, NEW.description, NEW.translations, NEW.default_language))
    EXECUTE FUNCTION search_agency_changed();

CREATE FUNCTION search_learn_categories(ids bigint[]) RETURNS void LANGUAGE sql AS $$
    SELECT search_learn(concat_ws(' ', name, (SELECT string_agg(value ->> 'name', ' ') FROM jsonb_each(translations))))
    FROM subscriptions_category WHERE id = ANY (ids)
$$;

CREATE FUNCTION search_category_changed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    inside bigint[];
BEGIN
    PERFORM search_learn_categories(ARRAY[NEW.id]);
    WITH RECURSIVE below AS (
        SELECT NEW.id UNION SELECT c.id FROM subscriptions_category c JOIN below ON c.parent_id = below.id
    )
    SELECT array_agg(t.id) INTO inside FROM subscriptions_topic t JOIN below ON below.id = t.category_id;
    PERFORM search_refresh_topics(inside);
    IF TG_OP = 'UPDATE' AND OLD.parent_id IS DISTINCT FROM NEW.parent_id THEN
        UPDATE alerts_archiveentry SET subjects = search_subjects(topics) WHERE topics && inside;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER search_new AFTER INSERT ON subscriptions_category
    FOR EACH ROW EXECUTE FUNCTION search_category_changed();
CREATE TRIGGER search_changed AFTER UPDATE ON subscriptions_category FOR EACH ROW
    WHEN ((OLD.name, OLD.translations, OLD.parent_id) IS DISTINCT FROM (NEW.name, NEW.translations, NEW.parent_id))
    EXECUTE FUNCTION search_category_changed();

CREATE FUNCTION search_topic_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM search_refresh_topics(ARRAY[NEW.id]);
    IF TG_OP = 'UPDATE' AND OLD.is_public <> NEW.is_public THEN
        PERFORM search_refresh_archive(array_agg(bulletin_id)) FROM alerts_bulletintopic WHERE topic_id = NEW.id;
    ELSIF TG_OP = 'UPDATE' AND OLD.category_id IS DISTINCT FROM NEW.category_id THEN
        UPDATE alerts_archiveentry SET subjects = search_subjects(topics) WHERE topics @> ARRAY[NEW.id];
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER search_new AFTER INSERT ON subscriptions_topic
    FOR EACH ROW EXECUTE FUNCTION search_topic_changed();
CREATE TRIGGER search_changed AFTER UPDATE ON subscriptions_topic FOR EACH ROW
    WHEN ((OLD.name, OLD.description, OLD.translations, OLD.agency_id, OLD.category_id, OLD.is_public)
        IS DISTINCT FROM (NEW.name, NEW.description, NEW.translations, NEW.agency_id, NEW.category_id, NEW.is_public))
    EXECUTE FUNCTION search_topic_changed();

CREATE FUNCTION search_bulletin_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM search_refresh_archive(ARRAY[NEW.id]);
    RETURN NULL;
END $$;
CREATE TRIGGER search_changed AFTER UPDATE ON alerts_bulletin FOR EACH ROW
    WHEN ((OLD.status, OLD.published_at, OLD.agency_id) IS DISTINCT FROM (NEW.status, NEW.published_at, NEW.agency_id))
    EXECUTE FUNCTION search_bulletin_changed();

-- What a bulletin says and on which topics: once per statement, so that many at once cost one pass.
CREATE FUNCTION search_bulletins_part_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM search_refresh_archive(array_agg(DISTINCT bulletin_id)) FROM changed;
    RETURN NULL;
END $$;
CREATE TRIGGER search_new AFTER INSERT ON alerts_bulletinvariant REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION search_bulletins_part_changed();
CREATE TRIGGER search_changed AFTER UPDATE ON alerts_bulletinvariant REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION search_bulletins_part_changed();
CREATE TRIGGER search_gone AFTER DELETE ON alerts_bulletinvariant REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION search_bulletins_part_changed();
CREATE TRIGGER search_new AFTER INSERT ON alerts_bulletintopic REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION search_bulletins_part_changed();
CREATE TRIGGER search_changed AFTER UPDATE ON alerts_bulletintopic REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION search_bulletins_part_changed();
CREATE TRIGGER search_gone AFTER DELETE ON alerts_bulletintopic REFERENCING OLD TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION search_bulletins_part_changed();

CREATE FUNCTION search_alert_made() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM search_refresh_archive(ARRAY[NEW.bulletin_id]);
    RETURN NULL;
END $$;
CREATE TRIGGER search_new AFTER INSERT ON alerts_alert FOR EACH ROW EXECUTE FUNCTION search_alert_made();

-- What stood here before.
SELECT search_refresh_agencies(array_agg(id)) FROM agencies_agency;
SELECT search_learn_categories(array_agg(id)) FROM subscriptions_category;
SELECT search_refresh_topics(array_agg(id)) FROM subscriptions_topic;
SELECT search_refresh_archive(array_agg(id)) FROM alerts_bulletin WHERE status = 'published' GROUP BY id / 1000;
