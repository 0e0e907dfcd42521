"""Who runs the demo's platform, in the languages of its pages."""

NAME = "the Government of Tarnmark"
POSTAL_ADDRESS = "Information Office, 1 Assembly Square, Aldermouth 1000, Tarnmark"
TRANSLATIONS = {
    "ar": {
        "operator": "حكومة تارنمارك",
        "postal_address": "مكتب الإعلام، 1 ساحة الجمعية، ألدرماوث 1000، تارنمارك",
    },
    "es": {
        "operator": "Gobierno de Tarnmark",
        "postal_address": "Oficina de Información, 1 Assembly Square, Aldermouth 1000, Tarnmark",
    },
    "fr": {
        "operator": "Gouvernement du Tarnmark",
        "postal_address": "Bureau d’information, 1 Assembly Square, Aldermouth 1000, Tarnmark",
    },
    "ro": {
        "operator": "Guvernul Tarnmarkului",
        "postal_address": "Oficiul de Informare, 1 Assembly Square, Aldermouth 1000, Tarnmark",
    },
    "uk": {
        "operator": "Уряд Тарнмарку",
        "postal_address": "Інформаційне бюро, площа Асамблеї, 1, Олдермут 1000, Тарнмарк",
    },
}
