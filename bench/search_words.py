"""Which rules for words find the other forms of a word, and which find what has nothing to do with it.

Pairs in the six languages, typed form and published form: of one word, and of two that only begin alike. Each stands in
the middle of a search, where a word counts whole. Prints one JSON object: found out of all, by rules and language.

    python -m bench.search_words
"""

import json

import django

django.setup()

from govnotify.lib.database import query  # noqa: E402  what follows needs the set-up

ALIKE = {
    "en": "floods flooding, school schools, closures closure, vaccination vaccinations, roads road, pension pensions, "
    "elections election, warnings warning, tax taxes, buses bus, policies policy, library libraries",
    "ro": "inundatie inundații, scoala școli, școlile școală, drumuri drum, drumurile drumuri, vaccinare vaccinarea, "
    "alegeri alegerile, pensii pensia, impozit impozitele, autobuz autobuze, avertizare avertizări, spital spitalele",
    "fr": "inondation inondations, ecole écoles, fermeture fermetures, route routes, vaccination vaccinations, "
    "élections élection, retraites retraite, impots impôt, travaux travail, hôpital hôpitaux, avis avis, bus bus",
    "es": "inundacion inundaciones, escuelas escuela, cierre cierres, carretera carreteras, vacunación vacunaciones, "
    "elecciones elección, pensiones pensión, impuesto impuestos, autobuses autobús, aviso avisos, hospital hospitales, "
    "bibliotecas biblioteca",
    "ar": "فيضانات فيضان, مدرسة المدرسة, مدارس المدارس, طريق الطريق, تطعيم التطعيمات, انتخابات الانتخابات, "
    "مستشفى المستشفيات, تحذير تحذيرات, ضرائب الضرائب, حافلة حافلات, مكتبة مكتبات, اغلاق الإغلاق",
    "uk": "дорога дороги, школа школи, школах школа, вода води, вакцинація вакцинації, вибори виборів, пенсія пенсії, "
    "податок податки, автобус автобуси, попередження попереджень, лікарня лікарні, повінь повені",
}
UNLIKE = {
    "en": "community communication, national nationality, university universal, general generator, station statistics, "
    "policy police, organ organisation, news newborn, import important, passport passage, rates rather, water watch",
    "ro": "comunitate comunicare, general generator, statie statistica, organ organizatie, post postare, mare maree, "
    "parc parcela, politie politica, sport sporadic, cas casnic, port portofel, centru centrifuga",
    "fr": "commune communication, général générateur, station statistique, organe organisation, poste postérieur, "
    "police politique, port porteur, parc parcelle, marche marchand, centre centrifuge, cours couronne, mer merci",
    "es": "comunidad comunicacion, general generador, estación estadística, órgano organización, policía política, "
    "nacional nacimiento, puerto puerta, parque parqué, mar martes, centro centrífuga, curso cursi, casa casco",
    "ar": "مدرسة مدينة, كتاب كاتب, علم عالم, طريق طرف, صحة صحراء, ماء مال, بحر بحث, نور نورس, جمعة جامعة, حرب حرف, "
    "سوق سواقي, عمل عملاق",
    "uk": "станція статистика, орган організація, пошта поштовх, загальний загадка, дорога дорогоцінний, мир мирний, "
    "вода водій, порт портфель, парк паркан, центр центрифуга, море морква, рада радар",
}
STEMS = """coalesce((SELECT string_agg(quote_literal(s), ' | ')::tsquery FROM (
    SELECT search_stem(l, w) FROM unnest(ARRAY[{languages}]) l) x (s) WHERE length(s) > 1), '')"""
BEGINNING = "(quote_literal(left(w, -least(3, greatest(1, (length(w) - 3) / 2)))) || ':*')::tsquery"
AS_IT_IS = "quote_literal(w)::tsquery"
RULES = {
    "words as they are": ("''", AS_IT_IS),
    "and their beginnings": ("''", f"{AS_IT_IS} || CASE WHEN length(w) >= 4 THEN {BEGINNING} ELSE '' END"),
    "and stems of PostgreSQL": ("language", f"{AS_IT_IS} || " + STEMS.format(languages="'en', 'fr', 'es', 'ro', 'ar'")),
    "and stems of all six": ("language", "search_query(w || ' x')"),
}


def main() -> None:
    print(json.dumps({rule: {"alike": _found(rule, ALIKE), "unlike": _found(rule, UNLIKE)} for rule in RULES}))


def _found(rule: str, pairs: dict[str, str]) -> dict[str, str]:
    language, forms = RULES[rule]
    statement = f"""
        SELECT count(*) FILTER (WHERE search_words({language}, said || ' x', 'D') @@ ({forms}))
        FROM (SELECT %(language)s AS language, search_plain(typed) AS w, said
              FROM unnest(%(typed)s::text[], %(said)s::text[]) AS pairs (typed, said)) AS asked"""  # noqa: S608
    found = {}
    for tag, text in pairs.items():
        typed, said = zip(*(pair.split() for pair in text.split(", ")), strict=True)
        [(count,)] = query(statement, {"language": tag, "typed": list(typed), "said": list(said)})
        found[tag] = f"{count}/{len(typed)}"
    return found


if __name__ == "__main__":
    main()
